//! The model inside the binary.

use std::sync::LazyLock;

use super::{Assessment, Detector, Options};

/// Judges a text with the embedded model; see [`Detector::assess`].
pub fn assess(text: &str, options: &Options) -> Assessment {
    embedded().assess(text, options)
}

/// The detector over the embedded model. Parsed on first use, in well under a millisecond.
#[expect(clippy::expect_used, reason = "build.rs checked these very bytes, and a test parses them")]
pub fn embedded() -> &'static Detector<'static> {
    static DETECTOR: LazyLock<Detector<'static>> =
        LazyLock::new(|| Detector::parse(&MODEL.0).expect("the embedded model is sound"));
    &DETECTOR
}

/// Sections are read in place, so the file must lie at a multiple of 16.
#[repr(C, align(16))]
struct Aligned<T: ?Sized>(T);

static MODEL: &Aligned<[u8]> = &Aligned(*include_bytes!("../../model/detector.bin"));
