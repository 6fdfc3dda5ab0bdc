//! The line before a hasher: first come, first served, bounded. Pure.
//!
//! What must hold: at most one place is at its turn; a place that is dropped, served or not, lets the next one move up; a
//! place that is at its turn for `STALE_MS` is taken for dead and does not block the line for ever.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A line. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Line(Rc<RefCell<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    last_ticket: u64,
    tickets: VecDeque<Ticket>,
}

#[derive(Debug)]
struct Ticket {
    number: u64,
    /// Since when it is first, or when it came.
    since_ms: i64,
    waker: Option<Waker>,
}

impl Line {
    /// Joins the line, unless `capacity` places are taken.
    #[must_use]
    pub fn join(&self, capacity: usize, now_ms: i64) -> Option<Place> {
        let mut waiting = self.0.borrow_mut();
        while waiting.tickets.front().is_some_and(|first| first.since_ms.saturating_add(STALE_MS) <= now_ms) {
            waiting.tickets.pop_front();
            waiting.call(now_ms);
        }
        if waiting.tickets.len() >= capacity {
            return None;
        }
        waiting.last_ticket += 1;
        let number = waiting.last_ticket;
        waiting.tickets.push_back(Ticket { number, since_ms: now_ms, waker: None });
        Some(Place { line: self.clone(), number })
    }
}

impl Waiting {
    /// Calls whoever is first now.
    fn call(&mut self, now_ms: i64) {
        if let Some(first) = self.tickets.front_mut() {
            first.since_ms = first.since_ms.max(now_ms);
            if let Some(waker) = first.waker.take() {
                waker.wake();
            }
        }
    }
}

/// A place in the line, given up when it is dropped.
#[derive(Debug)]
pub struct Place {
    line: Line,
    number: u64,
}

impl Place {
    /// Waits for its turn, which lasts until it is dropped. `false`: it was taken for dead meanwhile.
    pub async fn turn(&self) -> bool {
        poll_fn(|context| {
            let mut waiting = self.line.0.borrow_mut();
            let Some(at) = waiting.tickets.iter().position(|ticket| ticket.number == self.number) else {
                return Poll::Ready(false);
            };
            match waiting.tickets.get_mut(at) {
                Some(ticket) if at > 0 => {
                    ticket.waker = Some(context.waker().clone());
                    Poll::Pending
                }
                _ => Poll::Ready(true),
            }
        })
        .await
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.line.0.borrow_mut();
        let was_first = waiting.tickets.front().is_some_and(|first| first.number == self.number);
        let since_ms = waiting.tickets.front().map_or(0, |first| first.since_ms);
        waiting.tickets.retain(|ticket| ticket.number != self.number);
        if was_first {
            waiting.call(since_ms);
        }
    }
}

/// Longer than any hash may take: an object has 30 s of computation per request.
const STALE_MS: i64 = 60_000;

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Context;

    use super::*;

    fn is_at_its_turn(place: &Place) -> bool {
        pin!(place.turn()).poll(&mut Context::from_waker(Waker::noop())) == Poll::Ready(true)
    }

    #[test]
    fn serves_in_the_order_of_arrival() {
        let line = Line::default();
        let places: Vec<_> = (0..3).map(|_| line.join(3, 0).unwrap()).collect();
        assert_eq!(places.iter().map(is_at_its_turn).collect::<Vec<_>>(), [true, false, false]);
        let mut places = places.into_iter();
        drop(places.next());
        let places: Vec<_> = places.collect();
        assert_eq!(places.iter().map(is_at_its_turn).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn refuses_whom_it_has_no_place_for_until_one_leaves() {
        let line = Line::default();
        let first = line.join(2, 0).unwrap();
        let second = line.join(2, 0).unwrap();
        assert!(line.join(2, 0).is_none());
        drop(second);
        let third = line.join(2, 0).unwrap();
        assert!(is_at_its_turn(&first) && !is_at_its_turn(&third));
    }

    #[test]
    fn moves_up_when_someone_gives_up_in_the_middle() {
        let line = Line::default();
        let first = line.join(9, 0).unwrap();
        let second = line.join(9, 0).unwrap();
        let third = line.join(9, 0).unwrap();
        drop(second);
        assert!(is_at_its_turn(&first) && !is_at_its_turn(&third));
        drop(first);
        assert!(is_at_its_turn(&third));
    }

    #[test]
    fn wakes_who_is_next() {
        let line = Line::default();
        let first = line.join(2, 0).unwrap();
        let second = line.join(2, 0).unwrap();
        let mut turn = pin!(second.turn());
        let (waker, count) = counting();
        assert!(turn.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(first);
        assert_eq!(count.load(std::sync::atomic::Ordering::Relaxed), 1);
        assert_eq!(turn.poll(&mut Context::from_waker(&waker)), Poll::Ready(true));
    }

    #[test]
    fn is_not_blocked_for_ever_by_the_dead() {
        let line = Line::default();
        let dead = line.join(1, 0).unwrap();
        assert!(line.join(1, STALE_MS - 1).is_none());
        let next = line.join(1, STALE_MS).unwrap();
        assert!(is_at_its_turn(&next) && !is_at_its_turn(&dead));
        drop(dead);
        assert!(is_at_its_turn(&next));
    }

    fn counting() -> (Waker, std::sync::Arc<std::sync::atomic::AtomicUsize>) {
        struct Count(std::sync::Arc<std::sync::atomic::AtomicUsize>);
        impl std::task::Wake for Count {
            fn wake(self: std::sync::Arc<Self>) {
                self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }
        }
        let count = std::sync::Arc::default();
        (Waker::from(std::sync::Arc::new(Count(std::sync::Arc::clone(&count)))), count)
    }
}
