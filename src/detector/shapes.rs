//! Texts that might make a loop look back or ahead at each step, for tests.

/// Runs of one kind of character, and what else might make a loop look back or ahead, cut to so many characters.
pub fn shape(index: usize, characters: usize) -> String {
    let unit = UNITS.get(index % UNITS.len()).copied().unwrap_or_default();
    unit.chars().cycle().take(characters).collect()
}

/// What the shapes are made of.
#[rustfmt::skip]
pub const UNITS: &[&str] = &[
    " ", "\t", "\r\n", "\n", " \n", "#", "# ", ">", "> ", "*", "* ", "_", "`", "|", "-", "- ", "1", "1. ", "1,", "\"",
    "'", "a'", "“", "(", ")", "[]", ".", ". ", ".a", "! \" ", "! ", "\"' ", "…", "a", "A", "é", "a\n", "a ", "A. ",
    "a. ", "I! ", "http", "www. ", "\u{301}", "a\u{301}", "a\u{336}", "क\u{93c}", "\u{200b}", "a\u{200b}", "\u{ad}",
    "a\u{ad}", "\u{202e}", "\u{a0}", "\u{3000}", "\u{2800}", "\u{3164}", "😀", "😀\u{200d}", "🏴\u{e0067}", "а", "аb",
    "а ", "α", "xα ", "ａ", "𝐚", "ﷺ", "中", "中。", "य", "א\u{200f}", "\u{e000}", "\u{80}", "a\u{92}", "ᴀ", "ͣ",
    "\u{20dd}", "the ", "der ", "- a\n", "  ", "\t# ",
];
