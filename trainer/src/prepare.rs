//! From labelled texts to rows: whole texts and windows cut from them, measured once.

use std::collections::BTreeMap;

use edgekeep::detector::collections;
use edgekeep::detector::document::{Document, Span};
use edgekeep::detector::grams::{Bag, Table, visit};
use edgekeep::detector::lm::{self, Unit};

use crate::data::Text;
use crate::language::Pairs;
use crate::linear::Sparse;
use crate::parallel;
use crate::rng::Rng;

/// All that is learnt from.
pub struct Prepared {
    /// The documents, one a text.
    pub documents: Vec<Document>,
    /// Rows to learn from; whole texts come first in the order of the texts, then windows.
    pub rows: Vec<Row>,
    /// N-grams of each row, one matrix for each table that has its own.
    grams: Vec<(Table, Sparse)>,
    /// Words of each row, for telling the collections apart.
    pub words: Sparse,
    /// Context and token pairs of each row, one list a language model.
    pub pairs: Vec<Pairs>,
    /// Names of the kinds of text (source/domain).
    pub kinds: Vec<String>,
    /// Names of the sources.
    pub sources: Vec<String>,
}

impl Prepared {
    /// N-grams of each row for a table.
    pub fn grams(&self, table: Table) -> &Sparse {
        let found = self.grams.iter().find(|(own, _)| *own == table.grams());
        found.map_or_else(|| unreachable!("each table's n-grams were counted"), |(_, grams)| grams)
    }
}

/// One row: a text or a window of it.
#[derive(Debug, Clone)]
pub struct Row {
    /// Which document.
    pub document: usize,
    /// Which sentences of it.
    pub spans: Vec<Span>,
    /// Whether a machine wrote it.
    pub ai: bool,
    /// Index of the kind of text.
    pub kind: usize,
    /// Index of the source.
    pub source: usize,
    /// Hash of the group.
    pub group: u64,
    /// Words.
    pub words: usize,
    /// Whether it is a part of a text.
    pub window: bool,
}

/// Measures all texts and cuts windows.
pub fn prepare(texts: &[&Text], seed: u64, windows: bool) -> Prepared {
    let documents = parallel::map(texts.len(), |at| Document::new(&texts[at].text));
    let kinds = index(texts.iter().map(|t| t.kind()));
    let sources = index(texts.iter().map(|t| t.source.clone()));
    let mut rows = Vec::new();
    for window in [false, true] {
        if window && !windows {
            continue;
        }
        for (at, text) in texts.iter().enumerate() {
            let document = &documents[at];
            let mut rng = Rng::new(seed, &format!("window {} {}", text.id, text.source));
            let cuts = if window { cut(&document.sentences, &mut rng) } else { vec![document.sentences.clone()] };
            for spans in cuts {
                rows.push(Row {
                    document: at,
                    words: spans.iter().map(|span| span.words).sum(),
                    spans,
                    ai: text.is_ai(),
                    kind: kinds[&text.kind()],
                    source: sources[&text.source],
                    group: edgekeep::detector::hash::bytes(text.group.bytes()),
                    window,
                });
            }
        }
    }
    let own: Vec<Table> = Table::ALL.into_iter().filter(|table| table.grams() == *table).collect();
    let grams = parallel::map(own.len(), |at| {
        let count = |document: &Document, span, bag: &mut Bag| visit(document, own[at], span, |bucket| bag.add(bucket));
        (own[at], sparse(&documents, &rows, count))
    });
    let words = sparse(&documents, &rows, |document, span, bag| {
        collections::visit(document, span, |bucket| bag.add(bucket));
    });
    let pairs = parallel::map(Unit::ALL.len(), |unit| {
        let mut all = Pairs::default();
        for row in rows.iter().filter(|row| !row.window) {
            let document = &documents[row.document];
            all.push(|visit| {
                row.spans.iter().for_each(|&span| lm::pairs(document, Unit::ALL[unit], span, &mut *visit))
            });
        }
        all
    });
    Prepared {
        pairs,
        words,
        documents,
        rows,
        grams,
        kinds: kinds.into_keys().collect(),
        sources: sources.into_keys().collect(),
    }
}

/// One or two windows of 40 to 160 words at sentence bounds.
fn cut(sentences: &[Span], rng: &mut Rng) -> Vec<Vec<Span>> {
    let total: usize = sentences.iter().map(|span| span.words).sum();
    let mut windows = Vec::new();
    for _ in 0..(total / 120).min(2) {
        let aim = 40 + (120.0 * rng.unit() * rng.unit()) as usize;
        let first = rng.below(sentences.len());
        let mut words = 0;
        let window: Vec<Span> = sentences[first..]
            .iter()
            .take_while(|span| {
                let open = words < aim;
                words += span.words;
                open
            })
            .copied()
            .collect();
        let words: usize = window.iter().map(|span| span.words).sum();
        if words >= 35 && words < total * 3 / 4 {
            windows.push(window);
        }
    }
    windows
}

fn sparse(documents: &[Document], rows: &[Row], count: impl Fn(&Document, Span, &mut Bag)) -> Sparse {
    let mut bag = Bag::default();
    let mut matrix = Sparse::default();
    for row in rows {
        let document = &documents[row.document];
        for &span in &row.spans {
            count(document, span, &mut bag);
        }
        let mut cells = Vec::new();
        bag.drain(|bucket, value| cells.push((bucket as u32, value as f32)));
        matrix.push(cells);
    }
    matrix
}

fn index(names: impl Iterator<Item = String>) -> BTreeMap<String, usize> {
    let mut all: BTreeMap<String, usize> = names.map(|name| (name, 0)).collect();
    all.values_mut().enumerate().for_each(|(at, index)| *index = at);
    all
}
