//! `trainer train`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use edgekeep::detector::Detector;

use crate::data::{self, Text};
use crate::fit::{self, Options};
use crate::prepare::prepare;
use crate::progress::Progress;
use crate::report;
use crate::write::{self, ModelFile};

/// Sources whose licences do not allow commercial use.
pub const NOT_COMMERCIAL: [&str; 3] = ["alpaca_eval", "ellipse", "openstax"];

#[derive(Debug, Args)]
pub struct Train {
    #[command(flatten)]
    training: Training,
    /// Where the model file goes.
    #[arg(long, default_value = SHIPPED)]
    out: PathBuf,
    /// Version to write into the model file; default: that of model/detector.bin, so that the same data give the same file.
    #[arg(long)]
    model_version: Option<String>,
}

#[derive(Debug, Args)]
pub struct Training {
    /// Folder with train.jsonl[.gz] and perhaps dev.jsonl[.gz]; default: ../shared/data/detect.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// More labelled texts to learn from; default: trainer/data/modern.jsonl.gz, unless --data is named. May be given more than
    /// once.
    #[arg(long, value_name = "FILE")]
    pub also: Vec<PathBuf>,
    /// Seed of all random choices.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A source to leave out, besides those not free for commercial use; may be given more than once.
    #[arg(long)]
    pub exclude_source: Vec<String>,
    /// Also train on sources whose licences do not allow commercial use (alpaca_eval, ellipse, openstax).
    #[arg(long)]
    pub include_non_commercial: bool,
}

/// The file that the Worker embeds.
const SHIPPED: &str = "model/detector.bin";
/// Version of the first model of all.
const FIRST: &str = "1";

impl Training {
    /// Whether this text may be trained on.
    pub fn admits(&self, text: &Text) -> bool {
        let closed = !self.include_non_commercial && NOT_COMMERCIAL.contains(&text.source.as_str());
        !closed && !self.exclude_source.contains(&text.source)
    }

    /// The labelled texts to learn from, those not admitted included, and the folder of most of them.
    pub fn texts(&self) -> Result<(PathBuf, Vec<Text>)> {
        let folder = data::folder(self.data.as_deref())?;
        let mut texts = data::read(&data::find(&folder, "train").context("no training file")?)?;
        let own = [PathBuf::from(data::MODERN)];
        let also = if self.also.is_empty() && self.data.is_none() { &own[..] } else { &self.also };
        for path in also {
            texts.extend(data::read(path)?);
        }
        Ok((folder, texts))
    }

    /// The training's options.
    pub fn options(&self) -> Options {
        Options { seed: self.seed, ..Options::default() }
    }
}

pub fn run(command: &Train) -> Result<()> {
    let began = Instant::now();
    let progress = Progress { loud: true };
    let training = &command.training;
    let (folder, all) = training.texts()?;
    let texts: Vec<&Text> = all.iter().filter(|text| training.admits(text)).collect();
    anyhow::ensure!(
        texts.iter().any(|t| t.is_ai()) && texts.iter().any(|t| !t.is_ai()),
        "{} holds no texts of both labels to train on\n\n{}",
        folder.display(),
        data::FORM
    );
    progress.say(&format!("{} texts of {}", texts.len(), folder.display()));
    let options = training.options();
    let prepared = prepare(&texts, training.seed, true);
    progress.say(&format!(
        "  {} rows of {} documents in {} kinds: {:.1} s",
        prepared.rows.len(),
        prepared.documents.len(),
        prepared.kinds.len(),
        began.elapsed().as_secs_f64()
    ));
    let subset: Vec<usize> = (0..prepared.rows.len()).collect();
    let fitted = fit::fit(&prepared, &subset, &options, &progress);
    let version = version(command, Path::new(SHIPPED));
    let bytes = write::bytes(&fitted, &version, &trained_on(&texts), training.seed)?;
    if command.model_version.is_none() && std::fs::read(SHIPPED).is_ok_and(|shipped| shipped != bytes) {
        progress.say(&format!("  not the file in {SHIPPED}, but of its version {version}: see --model-version"));
    }
    if let Some(folder) = command.out.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&command.out, &bytes).with_context(|| format!("cannot write {}", command.out.display()))?;
    progress.say(&format!(
        "{}: {} bytes, {:.0} s in all",
        command.out.display(),
        bytes.len(),
        began.elapsed().as_secs_f64()
    ));
    if let Some(path) = data::find(&folder, "dev") {
        let dev = data::read(&path)?;
        let dev: Vec<&Text> = dev.iter().collect();
        let file = ModelFile::new(&bytes);
        let detector = Detector::parse(file.bytes())?;
        let report = report::report("dev", &dev, &report::outcomes(&detector, &dev));
        progress.say(&report.table());
    }
    Ok(())
}

/// The version that was asked for, or that of the shipped file.
fn version(command: &Train, shipped: &Path) -> String {
    let asked = command.model_version.clone();
    asked.or_else(|| write::version(shipped)).unwrap_or_else(|| FIRST.to_owned())
}

/// The data in one line: sources with their numbers of texts.
fn trained_on(texts: &[&Text]) -> String {
    let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts {
        *sources.entry(&text.source).or_default() += 1;
    }
    let list: Vec<String> = sources.iter().map(|(source, count)| format!("{source} {count}")).collect();
    format!("{} English texts: {}", texts.len(), list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench;

    fn texts() -> Vec<Text> {
        (0..60)
            .map(|at| Text {
                id: format!("t{at}"),
                source: format!("s{}", at % 3),
                domain: "prose".to_owned(),
                generator: String::new(),
                label: u8::from(at % 2 == 1),
                attack: None,
                group: format!("g{}", at / 2),
                text: if at % 2 == 1 {
                    bench::text(80 + at).replace("however,", "moreover,")
                } else {
                    bench::text(80 + at)
                },
            })
            .collect()
    }

    fn trained(texts: &[&Text]) -> Result<Vec<u8>> {
        let mut options = Options::default();
        options.boost.trees = 10;
        let prepared = prepare(texts, 1, true);
        let subset: Vec<usize> = (0..prepared.rows.len()).collect();
        let fitted = fit::fit(&prepared, &subset, &options, &Progress { loud: false });
        write::bytes(&fitted, "test", &trained_on(texts), 1)
    }

    #[test]
    fn the_same_seed_gives_the_same_file_and_the_file_tells_the_labels_apart() -> Result<()> {
        let texts = texts();
        let texts: Vec<&Text> = texts.iter().collect();
        let bytes = trained(&texts)?;
        assert_eq!(bytes, trained(&texts)?);
        let file = ModelFile::new(&bytes);
        let detector = Detector::parse(file.bytes())?;
        let outcomes = report::outcomes(&detector, &texts);
        assert!(crate::metrics::auroc(&outcomes) > 0.95);
        Ok(())
    }

    #[test]
    fn the_version_is_that_of_the_shipped_file_unless_another_is_asked_for() -> Result<()> {
        let shipped = std::env::temp_dir().join(format!("shipped-{}.bin", std::process::id()));
        let command = |version: Option<&str>| Train {
            training: Training {
                data: None,
                also: Vec::new(),
                seed: 1,
                exclude_source: Vec::new(),
                include_non_commercial: false,
            },
            out: PathBuf::new(),
            model_version: version.map(str::to_owned),
        };
        assert_eq!(version(&command(None), &shipped), "1");
        let texts = texts();
        std::fs::write(&shipped, trained(&texts.iter().collect::<Vec<_>>())?)?;
        let found = [None, Some("2030-01-01")].map(|asked| version(&command(asked), &shipped));
        std::fs::remove_file(&shipped)?;
        assert_eq!(found, ["test", "2030-01-01"]);
        Ok(())
    }

    #[test]
    fn sources_that_forbid_commercial_use_are_left_out_unless_asked_for() {
        let training = Training {
            data: None,
            also: Vec::new(),
            seed: 1,
            exclude_source: vec!["s1".to_owned()],
            include_non_commercial: false,
        };
        let admitted = |source: &str| {
            let mut text = texts().remove(0);
            text.source = source.to_owned();
            training.admits(&text)
        };
        assert!(admitted("s0"));
        assert!(!admitted("s1"));
        assert!(!admitted("ellipse"));
    }
}
