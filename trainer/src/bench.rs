//! `trainer bench`: milliseconds of computation, natively.

use std::path::Path;
use std::time::Instant;

use anyhow::Result;
use edgekeep::detector::{Detector, Options};

use crate::output::print;
use crate::write::ModelFile;

pub fn run(model: &Path) -> Result<()> {
    let file = ModelFile::read(model)?;
    let began = Instant::now();
    let detector = Detector::parse(file.bytes())?;
    print(&format!("parse the model: {:.3} ms", began.elapsed().as_secs_f64() * 1000.0))?;
    for words in [100, 300, 1000, 10_000, 100_000] {
        let text = text(words);
        let mut best = [f64::INFINITY; 2];
        for _ in 0..(200_000 / words).clamp(3, 300) {
            let began = Instant::now();
            std::hint::black_box(detector.score(std::hint::black_box(&text)));
            best[0] = best[0].min(began.elapsed().as_secs_f64() * 1000.0);
            let began = Instant::now();
            std::hint::black_box(detector.assess(std::hint::black_box(&text), &Options::default()));
            best[1] = best[1].min(began.elapsed().as_secs_f64() * 1000.0);
        }
        print(&format!("{words:>6} words: score {:.3} ms, assess {:.3} ms", best[0], best[1]))?;
    }
    Ok(())
}

/// Plain prose of so many words, no two stretches alike.
pub fn text(words: usize) -> String {
    let nouns =
        ["river", "committee", "engine", "student", "garden", "market", "theory", "harbour", "letter", "winter"];
    let verbs = ["changed", "described", "carried", "questioned", "left", "improved", "remembered", "followed"];
    let mut text = String::new();
    for at in 0..words {
        let word = match at % 11 {
            0 => "The",
            1 | 5 => nouns[(at * 7 + at / 11) % nouns.len()],
            2 => verbs[(at * 5 + at / 7) % verbs.len()],
            3 => "what",
            4 => "the",
            6 => "had,",
            7 => "however,",
            8 => "seen",
            9 => "in",
            _ => "1998.",
        };
        text.push_str(word);
        text.push(' ');
    }
    text
}
