//! Labelled texts as JSON lines, plain or gzip.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::read::MultiGzDecoder;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::lines::{Lines, object};

/// One labelled text.
#[derive(Debug, Clone, Deserialize)]
pub struct Text {
    /// Unique within the file.
    #[serde(default, deserialize_with = "name")]
    pub id: String,
    /// The data set it came from.
    #[serde(default, deserialize_with = "name")]
    pub source: String,
    /// Kind of text.
    #[serde(default, deserialize_with = "name")]
    pub domain: String,
    /// `human` or the model's name.
    #[serde(default, deserialize_with = "name")]
    pub generator: String,
    /// 0 human, 1 AI.
    pub label: u8,
    /// What was done to it, if anything.
    #[serde(default)]
    pub attack: Option<String>,
    /// Texts of one prompt or one original share a group.
    #[serde(default, deserialize_with = "name")]
    pub group: String,
    /// The text.
    pub text: String,
}

/// A string, or another value as it was written, such as a number; null is as good as absent.
fn name<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<String, D::Error> {
    let written = Box::<RawValue>::deserialize(from)?;
    Ok(match written.get() {
        "null" => String::new(),
        text if text.starts_with('"') => serde_json::from_str(text).map_err(D::Error::custom)?,
        other => other.to_owned(),
    })
}

impl Text {
    /// Whether a machine wrote it.
    pub fn is_ai(&self) -> bool {
        self.label == 1
    }

    /// Source and domain: the unit in which texts are weighed.
    pub fn kind(&self) -> String {
        format!("{}/{}", self.source, self.domain)
    }
}

/// Reads one file of labelled texts.
pub fn read(path: &Path) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    let place = path.display();
    for line in open(path)? {
        let (number, line) = line.with_context(|| format!("cannot read {place}"))?;
        let text: Text = object(&line).with_context(|| format!("{place}, line {number} is not a labelled text"))?;
        if text.label > 1 {
            bail!("{place}, line {number}: label must be 0 or 1");
        }
        texts.push(text);
    }
    Ok(texts)
}

/// The data folder: the one named, or the one beside the repository.
pub fn folder(named: Option<&Path>) -> Result<PathBuf> {
    let folder = named.map_or_else(|| PathBuf::from(DEFAULT_FOLDER), Path::to_path_buf);
    if find(&folder, "train").is_some() {
        return Ok(folder);
    }
    bail!("no training data in {}\n\n{FORM}", folder.display())
}

/// The file `name.jsonl` or `name.jsonl.gz` of a folder.
pub fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    ["jsonl.gz", "jsonl"].iter().map(|extension| folder.join(format!("{name}.{extension}"))).find(|path| path.is_file())
}

fn open(path: &Path) -> Result<Lines<Box<dyn BufRead>>> {
    let file = BufReader::new(File::open(path).with_context(|| format!("cannot open {}", path.display()))?);
    let is_packed = path.extension().is_some_and(|e| e == "gz");
    Ok(Lines::of(if is_packed { Box::new(BufReader::new(MultiGzDecoder::new(file))) } else { Box::new(file) }))
}

/// Where the project's own data lies.
pub const DEFAULT_FOLDER: &str = "../shared/data/detect";

/// Texts by a model newer than those in it; see trainer/data/README.md.
pub const MODERN: &str = "trainer/data/modern.jsonl.gz";

/// What training data must look like.
pub const FORM: &str = "Name a folder with --data. It must hold train.jsonl or train.jsonl.gz (and may hold dev.jsonl[.gz]), \
one JSON object a line:
  {\"id\": \"1\", \"source\": \"my-essays\", \"domain\": \"essay\", \"generator\": \"human\", \"label\": 0,
   \"attack\": null, \"group\": \"prompt-17\", \"text\": \"...\"}
label is 0 for human and 1 for AI; texts on one prompt share a group; sources and domains should each have both labels.";
