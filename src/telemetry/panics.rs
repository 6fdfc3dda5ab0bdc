//! Panics: caught where an event is handled, never lost where they are not.
//!
//! The hook writes a panic down; whoever catches it takes it from there. One that nobody takes (it happened outside of any
//! event) is found by the next event, which reports it: nothing fails in silence.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, PanicHookInfo};

use super::stack::{self, Frame};

/// A panic, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// What it said. May quote anything: scrub it before it goes anywhere.
    pub message: String,
    /// `file:line` in the sources.
    pub location: String,
    /// The stack, the innermost function first.
    pub frames: Vec<Frame>,
}

/// Writes panics down from now on, with the stack that `stack` gives as the runtime writes it. Replaces whatever hook there
/// is: one panic is one line in the log, and whoever handles it writes that.
pub fn install(stack: fn() -> String) {
    STACK.set(Some(stack));
    panic::set_hook(Box::new(move |info| {
        let panic = Panic {
            message: message(info.payload()).to_owned(),
            location: location(info),
            frames: stack::without_panic_machinery(stack::parse(&stack())),
        };
        // A panic while the list is borrowed can't be: nothing here calls out with it.
        WRITTEN_DOWN.with_borrow_mut(|list| {
            if list.len() < MOST {
                list.push(panic);
            }
        });
    }));
}

/// The stack of whoever calls, the innermost function first; empty before [`install`].
pub(super) fn stack_here() -> Vec<Frame> {
    let Some(stack) = STACK.get() else { return Vec::new() };
    stack::without_panic_machinery(stack::parse(&stack()))
}

/// The panic that was just caught.
pub(super) fn caught(payload: &(dyn Any + Send)) -> Panic {
    let newest = WRITTEN_DOWN.with_borrow_mut(Vec::pop);
    newest.unwrap_or_else(|| Panic {
        message: message(payload).to_owned(),
        location: String::new(),
        frames: Vec::new(),
    })
}

/// Panics that nobody has caught.
pub(super) fn uncaught() -> Vec<Panic> {
    WRITTEN_DOWN.with_borrow_mut(std::mem::take)
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a message")
}

/// The path from the crate on: what comes before is of the machine that built it.
fn location(info: &PanicHookInfo<'_>) -> String {
    let Some(location) = info.location() else { return String::new() };
    let file = location.file().replace('\\', "/");
    let file = match file.rfind("/registry/src/").and_then(|at| file.get(at + "/registry/src/".len()..)) {
        Some(rest) => rest.split_once('/').map_or(rest, |(_, crate_path)| crate_path),
        None => file.rfind("/library/").and_then(|at| file.get(at + 1..)).unwrap_or(&file),
    };
    format!("{file}:{}", location.line())
}

/// Panics kept for the next event.
const MOST: usize = 8;

thread_local! {
    static STACK: Cell<Option<fn() -> String>> = const { Cell::new(None) };
    static WRITTEN_DOWN: RefCell<Vec<Panic>> = const { RefCell::new(Vec::new()) };
}
