//! The program as a user runs it.
#![expect(clippy::unwrap_used, reason = "a test")]

mod card;
mod eval;
mod score;

use std::io::Write as _;
use std::process::{Child, Command, Stdio};

/// What a run left behind.
struct Run {
    out: String,
    err: String,
    code: Option<i32>,
}

/// The program with these arguments, in the root of the repository.
fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_trainer"));
    command.args(args).current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
    command
}

/// Runs it to its end.
fn run(args: &[&str], input: &[u8]) -> Run {
    finish(start(args), input)
}

/// Runs it with nobody who reads what it prints, as after `| head -0`.
fn abandoned(args: &[&str], input: &[u8]) -> Run {
    let mut child = start(args);
    drop(child.stdout.take());
    finish(child, input)
}

fn start(args: &[&str]) -> Child {
    program(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(mut child: Child, input: &[u8]) -> Run {
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // Of its own, so that neither waits for the other. It may go away before it has read all.
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Run { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
}

/// `trainer score` on these lines.
fn score(lines: &[u8]) -> Run {
    run(&["score"], lines)
}

/// English of so many words.
fn prose(words: usize) -> String {
    let words =
        ["the", "river", "was", "what", "we", "had", "seen", "before", "winter.", "A", "letter", "came", "late"]
            .iter()
            .cycle()
            .take(words);
    words.copied().collect::<Vec<_>>().join(" ")
}
