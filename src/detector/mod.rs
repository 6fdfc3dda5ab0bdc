//! Text in, verdict out. Pure: knows nothing of HTTP, SQL or the runtime.
//!
//! The very code here also runs in the trainer, so what is trained is what is served. Nothing in it depends on the
//! platform's mathematics library: the same text gives the same bits natively and in wasm.

mod assessment;

pub use assessment::{
    Assessment, Confidence, Direction, Manipulation, ManipulationKind, ManipulationPlace, ModelInfo, Options, Reason,
    Sentence, Signal, UsualRange, Verdict,
};

/// Judges a text with the embedded model.
///
/// Takes time linear in the length of the text. Any UTF-8 is welcome; offsets in the answer are UTF-16 code units of
/// `text`.
pub fn assess(text: &str, options: &Options) -> Assessment {
    let words = text.split_whitespace().count();
    Assessment {
        verdict: Verdict::Uncertain,
        probability: 0.5,
        confidence: Confidence::Low,
        reason: (words < options.min_words).then_some(Reason::TooShort),
        language: "und",
        words,
        sentences: Vec::new(),
        signals: Vec::new(),
        manipulation: Manipulation::default(),
        model: ModelInfo { version: "0".to_owned(), trained_on: String::new() },
    }
}
