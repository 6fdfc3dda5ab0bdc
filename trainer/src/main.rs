//! Trains, evaluates and scores the text detector that the Worker embeds.
fn main() {}
