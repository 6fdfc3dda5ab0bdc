//! The stack as the runtime writes it, as frames. Pure.

/// One function on the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its name, without the hash that the compiler puts behind it.
    pub function: String,
    /// Where it is in the module: `index_bg.wasm:0x1a2b3`, or file and line for JavaScript.
    pub place: String,
    /// It is of this program, not of a library.
    pub in_app: bool,
}

/// The frames of V8's `Error.stack`, the innermost first. Lines that are not frames are left out, as is what comes after
/// [`MOST`].
#[must_use]
pub fn parse(text: &str) -> Vec<Frame> {
    text.lines().filter_map(frame).take(MOST).collect()
}

/// The stack of a panic from the function on that panicked: what lies above is how Rust panics, the same each time.
#[must_use]
pub fn without_panic_machinery(frames: Vec<Frame>) -> Vec<Frame> {
    // A catch further down is no part of this panic, though it lives in the same module.
    let top = frames.get(..frames.len().min(DEEPEST)).unwrap_or_default();
    let last = top.iter().rposition(|frame| is_machinery(&frame.function));
    let from = last.map_or(0, |at| at + 1);
    // A stack that is nothing but machinery is kept: better than none.
    if from >= frames.len() { frames } else { frames.into_iter().skip(from).collect() }
}

fn is_machinery(function: &str) -> bool {
    !function.contains("catch_unwind") && MACHINERY.iter().any(|part| function.contains(part))
}

/// `    at name (place)` or `    at place`.
fn frame(line: &str) -> Option<Frame> {
    let rest = line.trim_start().strip_prefix("at ")?;
    let (function, place) = match rest.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        Some((function, place)) => (function, place),
        None => ("?", rest),
    };
    let function = without_hash(function);
    let place = short_place(place);
    Some(Frame { in_app: function.contains("edgekeep::"), function, place })
}

/// The build takes most hashes out (`scripts/names.mjs`); those of a module that was built otherwise go here. In front V8
/// puts the module's name.
fn without_hash(function: &str) -> String {
    let function = function.split_once(".wasm.").map_or(function, |(_, rest)| rest);
    match function.rsplit_once("::h") {
        Some((name, hash)) if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) => name.to_owned(),
        _ => function.to_owned(),
    }
}

/// `wasm://wasm/edgekeep.wasm-0a1b2c:wasm-function[12]:0x1a2b` to `wasm-function[12]:0x1a2b`; of a path only its end.
fn short_place(place: &str) -> String {
    if let Some(at) = place.find("wasm-function[") {
        return place.get(at..).unwrap_or_default().to_owned();
    }
    place.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Frames kept of one stack.
pub const MOST: usize = 64;

/// Frames from the hook to the function that panicked, at most.
const DEEPEST: usize = 16;

const MACHINERY: [&str; 14] = [
    "panics::install",
    "panics::stack_here",
    "defect::Defect",
    "error::Error::internal",
    "panic_fmt",
    "panic_nounwind",
    "panic_count",
    "rust_panic",
    "begin_panic",
    "panicking::",
    "_short_backtrace",
    "option::unwrap_failed",
    "result::unwrap_failed",
    "option::expect_failed",
];

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "Error\n    at edge.js:5:10\n    at std::panicking::panic_with_hook::h0123456789abcdef \
        (wasm://wasm/index.wasm-1:wasm-function[7]:0x10)\n    at core::panicking::panic_fmt::h0123456789abcdef \
        (wasm://wasm/index.wasm-1:wasm-function[8]:0x20)\n    at edgekeep::http::debug::panic::{{closure}} \
        (wasm://wasm/index.wasm-1:wasm-function[9]:0x30)\n    at <axum::Route as tower::Service>::call \
        (wasm://wasm/index.wasm-1:wasm-function[10]:0x40)\n    at fetch (file:///app/build/index.js:1:200)";

    #[test]
    fn reads_what_v8_writes() {
        let frames = parse(STACK);
        assert_eq!(frames.len(), 6);
        assert_eq!(frames[1].function, "std::panicking::panic_with_hook");
        assert_eq!(frames[1].place, "wasm-function[7]:0x10");
        assert!(frames[3].in_app && !frames[4].in_app);
        assert_eq!((frames[5].function.as_str(), frames[5].place.as_str()), ("fetch", "index.js:1:200"));
        assert_eq!(frames[0], Frame { function: "?".into(), place: "edge.js:5:10".into(), in_app: false });
    }

    #[test]
    fn begins_where_it_panicked() {
        let frames = without_panic_machinery(parse(STACK));
        assert_eq!(frames[0].function, "edgekeep::http::debug::panic::{{closure}}");
        let caught = STACK.replace("<axum::Route", "std::panicking::catch_unwind::<axum::Route");
        assert_eq!(without_panic_machinery(parse(&caught))[0].function, frames[0].function);
        let nothing_else = parse(STACK.split("\n    at edgekeep").next().unwrap());
        assert_eq!(without_panic_machinery(nothing_else.clone()), nothing_else);
    }

    #[test]
    fn is_bounded_and_takes_anything() {
        assert_eq!(parse(&"    at f (x)\n".repeat(1_000)).len(), MOST);
        for text in ["", "at", "   at ", "at (", "at )", "nonsense", "at a ( b ("] {
            let _ = parse(text);
        }
    }
}
