//! What waits to be sent to Sentry, and what had to be given up. Pure.
//!
//! What must hold: it is bounded in number and in bytes whatever happens, and whatever is given up is counted, so that Sentry
//! can say how much it does not know (<https://develop.sentry.dev/sdk/telemetry/client-reports/>).

use std::collections::{BTreeMap, VecDeque};

use super::limits::Limits;

/// What kind of thing a message is, by Sentry's names of data categories.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// An event.
    Error,
    /// A transaction.
    Transaction,
    /// A check-in of a monitor.
    Monitor,
}

impl Category {
    /// Sentry's name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Transaction => "transaction",
            Self::Monitor => "monitor",
        }
    }

    /// Sentry's name of an envelope's item of this kind.
    #[must_use]
    pub const fn item_type(self) -> &'static str {
        match self {
            Self::Error => "event",
            Self::Transaction => "transaction",
            Self::Monitor => "check_in",
        }
    }
}

/// One message, ready to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub category: Category,
    /// Id of the event or transaction, without hyphens.
    pub event_id: Option<String>,
    /// Its JSON.
    pub json: Vec<u8>,
}

/// How many of each category were given up, and why.
pub type Losses = BTreeMap<(&'static str, Category), u64>;

/// The messages of an isolate.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Message>,
    bytes: usize,
    losses: Losses,
    limits: Limits,
    /// Nothing is sent before this time: the receiver did not answer.
    resume_ms: i64,
    failures: u32,
    senders: Vec<Lease>,
}

/// The right to send, for a while: whoever holds it may be ended by the runtime without a word.
#[derive(Debug, Clone, Copy)]
struct Lease {
    until_ms: i64,
    carries: Option<Category>,
}

/// What to send next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The message.
    pub message: Message,
    /// Losses to report along with it.
    pub losses: Losses,
}

/// How a sending went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent<'a> {
    /// Taken.
    Taken {
        /// `X-Sentry-Rate-Limits`.
        limits: Option<&'a str>,
    },
    /// 429.
    TooMany {
        /// `X-Sentry-Rate-Limits`.
        limits: Option<&'a str>,
        /// `Retry-After`.
        retry_after: Option<&'a str>,
    },
    /// Another status.
    Refused,
    /// No answer.
    Failed,
}

impl Outbox {
    /// Whether there is room for a message of this category now. When not, it is counted as lost, and need not be made.
    #[must_use]
    pub fn takes(&mut self, category: Category, now_ms: i64) -> bool {
        let reason = if self.limits.forbid(category.as_str(), now_ms) {
            "ratelimit_backoff"
        } else if self.waiting.len() >= MOST_MESSAGES || self.bytes >= MOST_BYTES {
            "queue_overflow"
        } else {
            return true;
        };
        self.lose(reason, category, 1);
        false
    }

    /// Adds a message for which there is room.
    pub fn add(&mut self, message: Message) {
        self.bytes += message.json.len();
        self.waiting.push_back(message);
    }

    /// Whether something can be sent now.
    #[must_use]
    pub fn wants_to_send(&mut self, now_ms: i64) -> bool {
        self.end_dead_leases(now_ms);
        !self.waiting.is_empty() && now_ms >= self.resume_ms && self.senders.len() < MOST_SENDERS
    }

    /// Begins to send, for so many milliseconds; `None` when enough are at it, or there is nothing that can be sent.
    #[must_use]
    pub fn begin(&mut self, now_ms: i64, lease_ms: i64) -> Option<Batch> {
        if !self.wants_to_send(now_ms) {
            return None;
        }
        let message = loop {
            let message = self.waiting.pop_front()?;
            self.bytes = self.bytes.saturating_sub(message.json.len());
            if !self.limits.forbid(message.category.as_str(), now_ms) {
                break message;
            }
            self.lose("ratelimit_backoff", message.category, 1);
        };
        self.senders.push(Lease { until_ms: now_ms + lease_ms, carries: Some(message.category) });
        Some(Batch { message, losses: std::mem::take(&mut self.losses) })
    }

    /// Notes how it went.
    pub fn end(&mut self, batch: Batch, sent: Sent<'_>, now_ms: i64) {
        let category = batch.message.category;
        let own = self.senders.iter().position(|lease| lease.carries == Some(category));
        if let Some(at) = own {
            self.senders.swap_remove(at);
        }
        let delivered = match sent {
            Sent::Taken { limits } => {
                self.failures = 0;
                self.limits.update(limits, None, now_ms);
                true
            }
            // The receiver counts what it refuses for its limits.
            Sent::TooMany { limits, retry_after } => {
                self.failures = 0;
                self.limits.update(limits, Some(retry_after.unwrap_or(DEFAULT_RETRY_AFTER)), now_ms);
                false
            }
            Sent::Refused => {
                self.lose("send_error", category, 1);
                self.fail(now_ms);
                false
            }
            Sent::Failed => {
                self.lose("network_error", category, 1);
                self.fail(now_ms);
                false
            }
        };
        if !delivered {
            for ((reason, category), count) in batch.losses {
                self.lose(reason, category, count);
            }
        }
    }

    /// Messages that wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What was lost and not yet reported.
    #[must_use]
    pub fn losses(&self) -> &Losses {
        &self.losses
    }

    fn fail(&mut self, now_ms: i64) {
        let wait_ms = FIRST_WAIT_MS.saturating_mul(1 << self.failures.min(6)).min(LONGEST_WAIT_MS);
        self.failures = self.failures.saturating_add(1);
        self.resume_ms = now_ms + wait_ms;
    }

    fn lose(&mut self, reason: &'static str, category: Category, count: u64) {
        let sum = self.losses.entry((reason, category)).or_default();
        *sum = sum.saturating_add(count);
    }

    fn end_dead_leases(&mut self, now_ms: i64) {
        let (dead, live): (Vec<_>, Vec<_>) = self.senders.iter().partition(|lease| lease.until_ms < now_ms);
        self.senders = live;
        for category in dead.into_iter().filter_map(|lease| lease.carries) {
            self.lose("network_error", category, 1);
        }
    }
}

/// Messages that wait at most.
pub const MOST_MESSAGES: usize = 64;
/// Bytes of messages beyond which none is added; the last one may go over it.
pub const MOST_BYTES: usize = 512 * 1024;
/// Sendings at once: an isolate has six connections for all that it does.
pub const MOST_SENDERS: usize = 2;
const FIRST_WAIT_MS: i64 = 1_000;
const LONGEST_WAIT_MS: i64 = 60_000;
const DEFAULT_RETRY_AFTER: &str = "60";

#[cfg(test)]
mod tests {
    use super::*;

    fn message(bytes: usize) -> Message {
        Message { category: Category::Error, event_id: None, json: vec![b'x'; bytes] }
    }

    fn offer(outbox: &mut Outbox, bytes: usize, now_ms: i64) -> bool {
        let takes = outbox.takes(Category::Error, now_ms);
        if takes {
            outbox.add(message(bytes));
        }
        takes
    }

    fn fill(outbox: &mut Outbox, count: usize) {
        (0..count).for_each(|_| {
            offer(outbox, 1, 0);
        });
    }

    fn lost(outbox: &Outbox, reason: &'static str) -> u64 {
        outbox.losses().get(&(reason, Category::Error)).copied().unwrap_or(0)
    }

    #[test]
    fn a_thousand_at_once_are_bounded_and_the_rest_is_counted() {
        let mut outbox = Outbox::default();
        let taken = (0..1_000).filter(|_| offer(&mut outbox, 1_000, 0)).count();
        assert_eq!((taken, outbox.len()), (MOST_MESSAGES, MOST_MESSAGES));
        assert_eq!(lost(&outbox, "queue_overflow"), 1_000 - MOST_MESSAGES as u64);
        let mut large = Outbox::default();
        let taken = (0..1_000).filter(|_| offer(&mut large, 100_000, 0)).count();
        assert!(taken * 100_000 <= MOST_BYTES + 100_000, "{taken}");
    }

    #[test]
    fn losses_go_with_the_next_message_and_come_back_when_it_does_not_arrive() {
        let mut outbox = Outbox::default();
        fill(&mut outbox, 70);
        let batch = outbox.begin(0, 100).unwrap();
        assert_eq!(batch.losses.values().sum::<u64>(), 6);
        outbox.end(batch, Sent::Failed, 10);
        assert_eq!((lost(&outbox, "queue_overflow"), lost(&outbox, "network_error")), (6, 1));
        assert!(outbox.begin(10 + FIRST_WAIT_MS - 1, 100).is_none(), "it waits");
        let batch = outbox.begin(10 + FIRST_WAIT_MS, 100).unwrap();
        assert_eq!(batch.losses.values().sum::<u64>(), 7);
        outbox.end(batch, Sent::Taken { limits: None }, 2_000);
        assert!(outbox.losses().is_empty());
    }

    #[test]
    fn waits_longer_with_each_failure_up_to_a_minute() {
        let mut outbox = Outbox::default();
        let mut now_ms = 0;
        let mut waits = Vec::new();
        for _ in 0..9 {
            assert!(offer(&mut outbox, 1, now_ms));
            let batch = outbox.begin(now_ms, 100).unwrap();
            outbox.end(batch, Sent::Refused, now_ms);
            waits.push(outbox.resume_ms - now_ms);
            now_ms = outbox.resume_ms;
        }
        assert_eq!(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    }

    #[test]
    fn a_limit_of_the_receiver_stops_its_category_and_no_other() {
        let mut outbox = Outbox::default();
        assert!(offer(&mut outbox, 1, 0));
        let batch = outbox.begin(0, 100).unwrap();
        outbox.end(batch, Sent::TooMany { limits: Some("30:error:key"), retry_after: Some("120") }, 0);
        assert!(!outbox.takes(Category::Error, 29_999));
        assert_eq!(lost(&outbox, "ratelimit_backoff"), 1, "and the one that was refused is counted by the receiver");
        assert!(outbox.takes(Category::Monitor, 0) && outbox.takes(Category::Error, 30_000));
    }

    #[test]
    fn one_that_died_while_sending_does_not_block_the_others_for_ever() {
        let mut outbox = Outbox::default();
        fill(&mut outbox, 5);
        assert!(outbox.begin(0, 100).is_some() && outbox.begin(0, 100).is_some());
        assert!(outbox.begin(100, 100).is_none(), "two at once");
        assert!(outbox.begin(101, 100).is_some());
    }
}
