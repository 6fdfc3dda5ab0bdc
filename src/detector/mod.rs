//! Text in, verdict out. Pure: knows nothing of HTTP, SQL or the runtime.
//!
//! The very code here also runs in the trainer, so what is trained is what is served. Nothing in it depends on the
//! platform's mathematics library: the same text gives the same bits natively and in wasm.
//!
//! The path of a text: [`normal`] undoes disguises, [`document`] takes it apart into tokens and sentences, [`features`]
//! measures it ([`style`], [`grams`], [`lm`], [`collections`]), [`trees`] score it, [`calibration`] turns the score into a
//! probability, [`judge`] into a verdict.

mod assessment;
pub mod calibration;
pub mod collections;
pub mod container;

pub mod disguise;
pub mod document;
#[cfg(feature = "embedded-model")]
mod embedded;
mod engine;
#[cfg(all(test, feature = "embedded-model", not(target_arch = "wasm32")))]
mod evasion;
pub mod features;
pub mod grams;
pub mod hash;
pub mod judge;
pub mod language;
pub mod lexicon;
pub mod lm;
pub mod model;
pub mod normal;
mod offsets;
#[cfg(all(test, feature = "embedded-model", not(target_arch = "wasm32")))]
mod properties;
mod scripts;
#[cfg(all(test, feature = "embedded-model", not(target_arch = "wasm32")))]
mod shapes;
pub mod signals;
mod splice;
pub mod stack;
pub mod style;
pub mod token;
pub mod trees;
mod wording;

pub use assessment::{
    Assessment, Confidence, Direction, Manipulation, ManipulationKind, ManipulationPlace, ModelInfo, Options, Reason,
    Sentence, Signal, UsualRange, Verdict,
};
#[cfg(feature = "embedded-model")]
pub use embedded::{assess, embedded};
pub use engine::Detector;
