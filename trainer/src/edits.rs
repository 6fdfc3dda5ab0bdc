//! Machine texts as people disguise them.

use crate::rng::Rng;

/// An edit, by the name that it has in the card.
pub type Edit = (&'static str, fn(&str, &mut Rng) -> String);

/// All edits, the first of which changes nothing.
pub const EDITS: [Edit; 12] = [
    ("none", |text, _| text.to_owned()),
    ("1 % of the letters swapped, dropped or replaced", slips),
    ("half of the letters that have a look-alike", |text, rng| look_alikes(text, &mut || rng.below(2) == 0)),
    ("all letters that have a look-alike", |text, _| look_alikes(text, &mut || true)),
    ("a Hangul filler after each letter", |text, _| marked(text, '\u{3164}')),
    ("every letter struck through", |text, _| marked(text, '\u{336}')),
    ("zero-width spaces", |text, rng| spaced(text, rng, &["\u{200b} ", " "])),
    ("double and no-break spaces", |text, rng| spaced(text, rng, &["  ", "\u{a0}", " "])),
    ("all in one paragraph", |text, _| text.split_whitespace().collect::<Vec<_>>().join(" ")),
    ("all small letters", |text, _| text.to_lowercase()),
    ("all capitals", |text, _| text.to_uppercase()),
    ("no commas", |text, _| text.replace(',', "")),
];

fn slips(text: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    let mut at = 0;
    while at < letters.len() {
        if letters[at].is_alphabetic() && rng.below(100) == 0 {
            match rng.below(3) {
                0 if at + 1 < letters.len() => letters.swap(at, at + 1),
                1 => drop(letters.remove(at)),
                _ => letters[at] = char::from(b"etaoinshrdlu"[rng.below(12)]),
            }
        }
        at += 1;
    }
    letters.into_iter().collect()
}

fn look_alikes(text: &str, is_replaced: &mut dyn FnMut() -> bool) -> String {
    let other = |letter| LOOK_ALIKES.iter().find(|(latin, _)| *latin == letter).map(|(_, cyrillic)| *cyrillic);
    text.chars().map(|letter| other(letter).filter(|_| is_replaced()).unwrap_or(letter)).collect()
}

/// Each letter with a mark behind it.
fn marked(text: &str, mark: char) -> String {
    text.chars().flat_map(|letter| std::iter::once(letter).chain(letter.is_alphabetic().then_some(mark))).collect()
}

/// Each space replaced by one of these.
fn spaced(text: &str, rng: &mut Rng, spaces: &[&str]) -> String {
    let mut spaced = String::with_capacity(text.len() * 2);
    for letter in text.chars() {
        if letter == ' ' {
            spaced.push_str(spaces[rng.below(spaces.len())]);
        } else {
            spaced.push(letter);
        }
    }
    spaced
}

/// Latin letters and Cyrillic ones of the same shape.
const LOOK_ALIKES: [(char, char); 14] = [
    ('a', 'а'),
    ('c', 'с'),
    ('e', 'е'),
    ('i', 'і'),
    ('o', 'о'),
    ('p', 'р'),
    ('s', 'ѕ'),
    ('x', 'х'),
    ('y', 'у'),
    ('A', 'А'),
    ('B', 'В'),
    ('E', 'Е'),
    ('H', 'Н'),
    ('T', 'Т'),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench;

    #[test]
    fn every_edit_but_the_first_changes_a_text_and_the_same_seed_changes_it_alike() {
        let text = bench::text(300).replace("1998.", "1998.\n\n");
        for (name, edit) in EDITS {
            let edited = edit(&text, &mut Rng::new(1, name));
            assert_eq!(edited == text, name == "none", "{name}");
            assert_eq!(edited, edit(&text, &mut Rng::new(1, name)), "{name}");
        }
    }
}
