//! What must hold for any text and any model file.

use proptest::prelude::*;

use super::container::{self, Container};
use super::shapes;
use super::{Assessment, Detector, Options, Verdict, assess, embedded};

#[repr(C, align(16))]
struct Aligned([u8; 4096]);

fn holds(text: &str, answer: &Assessment) -> Result<(), TestCaseError> {
    let units = text.encode_utf16().count();
    prop_assert!((0.0..=1.0).contains(&answer.probability));
    let mut last = 0;
    for sentence in &answer.sentences {
        prop_assert!((0.0..=1.0).contains(&sentence.probability));
        prop_assert!(last <= sentence.start && sentence.start < sentence.end);
        last = sentence.end;
    }
    prop_assert!(last <= units);
    for place in &answer.manipulation.places {
        prop_assert!(place.start < place.end && place.end <= units);
    }
    for signal in &answer.signals {
        prop_assert!(signal.value.is_finite());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text_gets_a_sound_answer(text in "\\PC{0,400}", min_words in 0_usize..5) {
        holds(&text, &assess(&text, &Options { min_words }))?;
    }

    #[test]
    fn any_prose_gets_a_sound_answer(
        text in "([A-Za-z]{1,9}[ ,.!?'\"\\n\u{a0}\u{200b}\u{301}а“—ﬁ😀]{1,2}){50,200}",
    ) {
        holds(&text, &assess(&text, &Options { min_words: 0 }))?;
    }

    #[test]
    fn no_bytes_make_the_reader_of_models_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut aligned = Aligned([0; 4096]);
        let file = aligned.0.get_mut(..bytes.len()).unwrap_or_default();
        file.copy_from_slice(&bytes);
        prop_assert!(Detector::parse(file).is_err());
    }

    #[test]
    fn no_damage_to_a_container_makes_its_reader_panic(
        sections in proptest::collection::vec((any::<u32>(), proptest::collection::vec(any::<u8>(), 0..60)), 0..5),
        at in any::<prop::sample::Index>(),
        bit in 0..8_u32,
        cut in any::<prop::sample::Index>(),
    ) {
        let file = container::build(&sections);
        prop_assert!(container::verify(&file).is_ok());
        for (id, _) in &sections {
            prop_assert!(Container::parse(&file).is_ok_and(|c| c.section(*id).is_ok()));
        }
        let short = file.get(..cut.index(file.len())).unwrap_or_default();
        prop_assert!(container::verify(short).is_err());
        let mut flipped = file.clone();
        let byte = at.index(flipped.len());
        if let Some(byte) = flipped.get_mut(byte) {
            *byte ^= 1 << bit;
        }
        prop_assert!(container::verify(&flipped).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_shape_up_to_the_limit_gets_a_sound_answer(
        shapes in proptest::collection::vec((any::<usize>(), 0_usize..=50_000), 1..4),
    ) {
        let text: String = shapes.iter().map(|&(index, length)| shapes::shape(index, length)).collect();
        let text: String = text.chars().take(100_000).collect();
        holds(&text, &assess(&text, &Options { min_words: 0 }))?;
    }
}

#[test]
fn a_damaged_section_of_the_real_model_is_refused_or_harmless() {
    let whole = include_bytes!("../../model/detector.bin");
    let mut copy = vec![0_u128; whole.len().div_ceil(16)];
    let bytes = bytemuck::cast_slice_mut::<u128, u8>(&mut copy);
    let bytes = bytes.get_mut(..whole.len()).unwrap_or_default();
    bytes.copy_from_slice(whole);
    let text = "The committee met. ".repeat(30);
    for step in 0..400 {
        let at = (step * 7919) % 6000;
        let old = bytes.get(at).copied().unwrap_or(0);
        if let Some(byte) = bytes.get_mut(at) {
            *byte = !old;
        }
        if let Ok(detector) = Detector::parse(bytes) {
            let answer = detector.assess(&text, &Options::default());
            assert!((0.0..=1.0).contains(&answer.probability), "byte {at}");
        }
        if let Some(byte) = bytes.get_mut(at) {
            *byte = old;
        }
    }
}

#[test]
fn a_short_text_is_not_guessed_at() {
    let answer = assess("Only five words are here.", &Options::default());
    assert_eq!(answer.verdict, super::Verdict::Uncertain);
    assert_eq!(answer.reason, Some(super::Reason::TooShort));
    assert_eq!(answer.words, 5);
    assert!(answer.sentences.is_empty());
}

#[test]
fn disguises_are_undone_and_reported() {
    let plain = "The committee met in the old harbour, and nobody could explain what had been decided. ".repeat(8);
    let disguised = plain
        .replace("committee", "cоmmittee")
        .replace("old", "o\u{200b}ld")
        .replace("nobody", "ｎobody")
        .replace("what had", "what\u{2003}had");
    let score = |text: &str| embedded().score(text).probability.to_bits();
    assert_eq!(score(&plain), score(&disguised));
    let found = assess(&disguised, &Options::default()).manipulation;
    assert!(found.suspicious);
    assert_eq!((found.homoglyph, found.zero_width, found.full_width, found.odd_space), (8, 8, 8, 8));
    assert_eq!(found.places.first().map(|p| (p.start, p.end)), Some((5, 6)));
    assert!(!assess(&plain, &Options::default()).manipulation.suspicious);
}

#[test]
fn foreign_words_and_formulas_are_no_disguise() {
    let text = "We met in Москва and measured 5 μm on the β sheet with Δx small. ".repeat(10);
    assert_eq!(assess(&text, &Options::default()).manipulation.homoglyph, 0);
}

/// The texts whose scores are pinned, by their id.
fn text(id: &str) -> String {
    let mut lines = include_str!("../../tests/golden/detector/texts.jsonl").lines();
    let found = lines.find_map(|line| {
        let text = serde_json::from_str::<serde_json::Value>(line).ok()?;
        (text.get("id")?.as_str()? == id).then(|| text.get("text")?.as_str().map(str::to_owned))?
    });
    found.unwrap_or_default()
}

#[test]
fn a_text_that_changes_hands_is_mixed_and_one_by_one_hand_is_not() {
    let verdict = |text: &str| assess(text, &Options::default()).verdict;
    let machine = text("brochure");
    for human in ["report", "informal", "learner"].map(text) {
        assert_eq!(verdict(&format!("{human} {machine}")), Verdict::Mixed);
        assert_eq!(verdict(&format!("{machine} {human}")), Verdict::Mixed);
        assert_ne!(verdict(&format!("{human} {human}")), Verdict::Mixed);
    }
    assert_ne!(verdict(&format!("{machine} {machine}")), Verdict::Mixed);
}
