//! Labelled texts as JSON lines, plain or gzip.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// One labelled text.
#[derive(Debug, Clone, Deserialize)]
pub struct Text {
    /// Unique within the file.
    #[serde(default)]
    pub id: String,
    /// The data set it came from.
    #[serde(default)]
    pub source: String,
    /// Kind of text.
    #[serde(default)]
    pub domain: String,
    /// `human` or the model's name.
    #[serde(default)]
    pub generator: String,
    /// 0 human, 1 AI.
    pub label: u8,
    /// What was done to it, if anything.
    #[serde(default)]
    pub attack: Option<String>,
    /// Texts of one prompt or one original share a group.
    #[serde(default)]
    pub group: String,
    /// The text.
    pub text: String,
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
    for (index, line) in lines(path)?.enumerate() {
        let at = || format!("{}, line {}", path.display(), index + 1);
        let line = line.with_context(at)?;
        if line.trim().is_empty() {
            continue;
        }
        let text: Text = serde_json::from_str(&line).with_context(|| format!("{} is not a labelled text", at()))?;
        if text.label > 1 {
            bail!("{}: label must be 0 or 1", at());
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

fn lines(path: &Path) -> Result<impl Iterator<Item = std::io::Result<String>>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let zipped = path.extension().is_some_and(|e| e == "gz");
    let reader: Box<dyn Read> =
        if zipped { Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))) } else { Box::new(file) };
    Ok(BufReader::new(reader).lines())
}

/// Where the project's own data lies.
pub const DEFAULT_FOLDER: &str = "../shared/data/detect";

/// What training data must look like.
pub const FORM: &str = "Name a folder with --data. It must hold train.jsonl or train.jsonl.gz (and may hold dev.jsonl[.gz]), \
one JSON object a line:
  {\"id\": \"1\", \"source\": \"my-essays\", \"domain\": \"essay\", \"generator\": \"human\", \"label\": 0,
   \"attack\": null, \"group\": \"prompt-17\", \"text\": \"...\"}
label is 0 for human and 1 for AI; texts on one prompt share a group; sources and domains should each have both labels.";
