//! Time grows with the length of a text and not with its square, whatever it is made of.

#[path = "../src/detector/shapes.rs"]
mod shapes;

use std::hint::black_box;
use std::time::{Duration, Instant};

use edgekeep::detector::{Options, assess};
use shapes::{UNITS, shape};

/// The lower of a few measurements: other work on the machine only ever adds.
#[expect(clippy::disallowed_methods, reason = "a native test may ask what time it is")]
fn fastest(text: &str) -> Duration {
    let options = Options { min_words: 0 };
    (0..3)
        .map(|_| {
            let began = Instant::now();
            black_box(assess(black_box(text), &options));
            began.elapsed()
        })
        .min()
        .unwrap_or_default()
}

#[test]
fn four_times_the_text_takes_about_four_times_as_long_whatever_it_is_made_of() {
    const SHORT: usize = 5_000;
    let prose = |characters: usize| {
        "The ferry that we took was late, but nobody seemed to mind. "
            .chars()
            .cycle()
            .take(characters)
            .collect::<String>()
    };
    let plain = fastest(&prose(4 * SHORT));
    for (index, unit) in UNITS.iter().enumerate() {
        let ratio = || {
            let long = fastest(&shape(index, 4 * SHORT));
            // What takes no longer than prose of that length needs no second look, and its ratio would be noise.
            let quick = long < plain;
            if quick { 0.0 } else { long.as_secs_f64() / fastest(&shape(index, SHORT)).as_secs_f64() }
        };
        // Linear is 4, quadratic 16 each time; a busy machine makes it look so once in a while.
        assert!((0..4).any(|_| ratio() < 10.0), "{unit:?}");
    }
}
