//! The embedded model's answers on pinned texts, to the bit. The same is asked of it in wasm and over HTTP.

#![expect(clippy::unwrap_used, reason = "a test")]

mod scores;

#[test]
fn the_model_in_git_gives_the_pinned_scores_to_the_bit() {
    for (computed, pinned) in scores::computed_and_pinned() {
        assert_eq!(computed, pinned);
    }
}
