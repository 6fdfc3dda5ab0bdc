//! Trains, evaluates and scores the text detector that the Worker embeds.
//!
//! All that touches a text is the detector's own code; this program only learns its numbers.
#![expect(clippy::disallowed_methods, reason = "a native program may ask what time it is")]
#![expect(clippy::indexing_slicing, reason = "an offline tool: a wrong index must stop the training at once")]

mod bench;
mod boost;
mod calibrate;
mod card;
mod collections;
mod data;
mod edits;
mod eval;
mod fit;
mod language;
mod linear;
mod lines;
mod metrics;
mod output;
mod parallel;
mod parts;
mod prepare;
mod progress;
mod report;
mod rng;
mod score;
mod sources;
mod splices;
mod train;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use eval::Form;

/// Trains, evaluates and scores the text detector that the Worker embeds.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Trains a model and writes the model file.
    Train(train::Train),
    /// Prints figures of labelled files, or of a cross-validation over whole sources.
    ///
    /// They are figures of the model: every text counts with the probability and the thresholds that the model has for it,
    /// also a short one or one in another language, to which the Worker would answer `uncertain`. What the Worker would
    /// answer, `score` tells.
    ///
    /// AUROC has its 95 % bootstrap interval beside it, in thousandths. Generators and attacks are set against all human
    /// texts of the file; in any other group of one label only, the AUROC is against all texts of the other label.
    Eval(Eval),
    /// Reads {"id","text"} lines from standard input, writes {"id","probability","verdict"} lines.
    ///
    /// `verdict` is what the Worker answers with default settings, `mixed` included; an `uncertain` one has a `reason` too:
    /// `too_short`, `language` or `inconclusive`. `probability` is the model's, also where the Worker would not judge.
    ///
    /// An id may be any JSON value and comes back as it was written. A line that is no such object is left out: it is named
    /// on standard error with its number and what is wrong, all others are scored, and the program ends with 1. Blank lines,
    /// CRLF and a byte order mark do no harm.
    Score(Model),
    /// Prints milliseconds of computation for texts of several lengths.
    Bench(Model),
}

#[derive(Debug, Args)]
struct Model {
    /// The model file.
    #[arg(long, default_value = "model/detector.bin")]
    model: PathBuf,
}

#[derive(Debug, Args)]
struct Eval {
    /// Labelled texts, .jsonl or .jsonl.gz. None: the dev file of the data folder.
    files: Vec<PathBuf>,
    #[command(flatten)]
    model: Model,
    /// JSON instead of tables. Of files: an array of one object a file, in their order. With --splices or
    /// --leave-one-source-out: one object.
    #[arg(long)]
    json: bool,
    /// Instead of all tables: those of MODEL.md, in markdown, made from the dev file.
    #[arg(long, conflicts_with_all = ["json", "leave_one_source_out", "splices"])]
    card: bool,
    /// Instead of the model file: train without each source in turn and evaluate on it.
    #[arg(long)]
    leave_one_source_out: bool,
    /// With --leave-one-source-out: train on so many in a hundred groups of texts only, to be quicker.
    #[arg(long, default_value_t = 100)]
    sample: u64,
    /// With --leave-one-source-out: leave out these sources only, to be quicker. May be given more than once.
    #[arg(long, value_name = "SOURCE", requires = "leave_one_source_out")]
    only: Vec<String>,
    /// Instead of whole texts: splices of human and machine texts made from the dev file.
    #[arg(long, conflicts_with = "leave_one_source_out")]
    splices: bool,
    #[command(flatten)]
    training: train::Training,
}

impl Eval {
    fn form(&self) -> Form {
        match (self.json, self.card) {
            (true, _) => Form::Json,
            (_, true) => Form::Card,
            _ => Form::Tables,
        }
    }
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Train(command) => train::run(&command),
        Command::Eval(command) if command.leave_one_source_out => {
            sources::run(&command.training, &command.only, command.sample, command.json)
        }
        Command::Eval(command) if command.splices => {
            splices::run(&command.model.model, &command.training, command.json)
        }
        Command::Eval(command) => eval::run(&command.files, &command.model.model, &command.training, command.form()),
        Command::Score(command) => score::run(&command.model),
        Command::Bench(command) => bench::run(&command.model),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) if output::is_unread(&cause) => ExitCode::SUCCESS,
        Err(cause) => {
            progress::Progress { loud: true }.say(&format!("error: {cause:#}"));
            ExitCode::FAILURE
        }
    }
}
