//! The answer of the detector, in the form in which it goes over the wire.

use serde::Serialize;

/// What the caller may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// Texts of fewer words get [`Verdict::Uncertain`] with [`Reason::TooShort`].
    pub min_words: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { min_words: 50 }
    }
}

/// Who wrote the text, as far as the model can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Written by a person.
    Human,
    /// Parts by a person, parts by a machine.
    Mixed,
    /// Written or rewritten by a machine.
    Ai,
    /// The model cannot tell; `reason` says why where there is one.
    Uncertain,
}

impl Verdict {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Mixed => "mixed",
            Self::Ai => "ai",
            Self::Uncertain => "uncertain",
        }
    }
}

/// How often a verdict of this class is wrong, by the measurements in MODEL.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// No claim.
    Low,
    /// `ai`: at most 1 in 100 human texts score like this. `human`: at most 5 in 100 machine texts do.
    Medium,
    /// `ai`: at most 2 in 1000 human texts score like this. `human`: at most 1 in 100 machine texts do.
    High,
}

/// Why a verdict is [`Verdict::Uncertain`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Fewer words than [`Options::min_words`].
    TooShort,
    /// Not English, the only language the model knows.
    Language,
    /// The score lies between the thresholds for `human` and `ai`.
    Inconclusive,
}

/// One sentence of the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct Sentence {
    /// First UTF-16 code unit of the sentence in the text as it was sent.
    pub start: usize,
    /// One past the last UTF-16 code unit.
    pub end: usize,
    /// Probability that a machine wrote it, judged in its context.
    pub probability: f64,
}

/// Which verdict a signal speaks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Usual for people.
    Human,
    /// Usual for machines.
    Ai,
}

/// The middle eight tenths of the values seen in training.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct UsualRange {
    /// A tenth of the texts lie below.
    pub low: f64,
    /// A tenth of the texts lie above.
    pub high: f64,
}

/// One of the reasons that moved the verdict most.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct Signal {
    /// Stable name in `snake_case`.
    pub name: &'static str,
    /// The finding in plain words, then what is usual: "commas: 2 in 180 words; usual are ...". Of wording it names what in the
    /// text weighs most.
    pub text: String,
    /// The measured value, rounded to what is meaningful.
    pub value: f64,
    /// What is usual in texts by people.
    pub usual_human: UsualRange,
    /// What is usual in texts by machines.
    pub usual_ai: UsualRange,
    /// Which verdict it speaks for.
    pub direction: Direction,
}

/// What kind of disguise was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ManipulationKind {
    /// Characters that show nothing, such as U+200B or the Hangul filler.
    ZeroWidth,
    /// Marks that change the direction of writing, such as U+202E.
    Bidi,
    /// Letters of another script that look like Latin ones.
    Homoglyph,
    /// Full-width and other stylised forms of ASCII characters.
    FullWidth,
    /// Spaces other than U+0020 between words.
    OddSpace,
    /// Marks drawn over letters, such as strike-through.
    Combining,
}

/// One place of a disguise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct ManipulationPlace {
    /// First UTF-16 code unit in the text as it was sent.
    pub start: usize,
    /// One past the last UTF-16 code unit.
    pub end: usize,
    /// What was found there.
    pub kind: ManipulationKind,
}

/// Characters that readers do not see as such and that mislead detectors. They are undone before the text is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct Manipulation {
    /// Whether the text looks disguised on purpose. A stray no-break space from a word processor is not enough.
    pub suspicious: bool,
    /// Number of characters that show nothing.
    pub zero_width: usize,
    /// Number of direction marks.
    pub bidi: usize,
    /// Number of look-alike letters.
    pub homoglyph: usize,
    /// Number of full-width or stylised characters.
    pub full_width: usize,
    /// Number of unusual spaces.
    pub odd_space: usize,
    /// Number of letters and blanks with marks drawn over them.
    pub combining: usize,
    /// The first places, in the order of the text; at most [`Manipulation::MAX_PLACES`].
    pub places: Vec<ManipulationPlace>,
}

impl Manipulation {
    /// Longest list of places in an answer.
    pub const MAX_PLACES: usize = 50;
}

/// Which model gave the answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct ModelInfo {
    /// Version of the model file, from its contents.
    pub version: String,
    /// The data it was trained on, in one line.
    pub trained_on: String,
}

/// The detector's answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(not(target_arch = "wasm32"), derive(utoipa::ToSchema))]
pub struct Assessment {
    /// The verdict.
    pub verdict: Verdict,
    /// Calibrated probability that a machine wrote the text, in [0, 1].
    pub probability: f64,
    /// How far to trust the verdict.
    pub confidence: Confidence,
    /// Why the verdict is `uncertain`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// Language of the text (`en`, ISO 639 code), `und` when it cannot be told.
    pub language: &'static str,
    /// Number of words.
    pub words: usize,
    /// The sentences in order. They do not overlap.
    pub sentences: Vec<Sentence>,
    /// The strongest reasons, strongest first.
    pub signals: Vec<Signal>,
    /// Disguises found.
    pub manipulation: Manipulation,
    /// The model that judged.
    pub model: ModelInfo,
}
