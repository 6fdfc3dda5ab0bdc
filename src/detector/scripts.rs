//! Which letters of a text only look Latin: seen over the whole text, then word by word.
//!
//! One word tells little: "СССР" is Russian and "αand" is a formula that lost a space. What tells is how many words
//! mix alphabets, and whether the text reads as English once they are undone.

use super::disguise::{is_invisible, is_mark, is_styled};
use super::lexicon::{self, Class};

/// What a text's letters and words are made of.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scripts {
    /// Latin letters, stylised ones too.
    latin: usize,
    /// Letters that only look Latin.
    alike: usize,
    /// All others.
    foreign: usize,
    words: [usize; WordKind::COUNT],
    /// Words of look-alikes alone that are English function words once undone.
    undone_english: usize,
    /// Most words have look-alikes, and undone it is English.
    wholesale: bool,
    /// Blanks in the usual number between words.
    spaced: bool,
}

/// A word by its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum WordKind {
    /// Latin.
    Latin,
    /// Holds letters that look like no Latin one.
    Foreign,
    /// Latin letters and ones that look Latin.
    Mixed,
    /// The same, by letters that formulas and phonetic script are made of.
    Formula,
    /// Nothing but letters that look Latin.
    Alike,
}

impl WordKind {
    const COUNT: usize = 5;
}

impl Scripts {
    /// Looks at a text once, or twice if it has many look-alikes.
    pub fn of(text: &str) -> Self {
        let mut found = Self { spaced: spaced(text), ..Self::default() };
        if text.is_ascii() {
            return found;
        }
        for c in text.chars().filter(|&c| is_letter(c)) {
            let count = match letter(c) {
                Letter::Latin => &mut found.latin,
                Letter::Alike(_) => &mut found.alike,
                Letter::Foreign => &mut found.foreign,
            };
            *count += 1;
        }
        if found.alike == 0 {
            return found;
        }
        let (mut words, mut english) = (0, 0);
        each_word(text, |word| {
            let kind = kind(word);
            if let Some(count) = found.words.get_mut(kind as usize) {
                *count += 1;
            }
            let function = undone(word).is_some_and(|word| lexicon::class(&word) != Class::Content);
            words += 1;
            english += usize::from(function);
            found.undone_english += usize::from(function && kind == WordKind::Alike);
        });
        let readable = found.latin + found.alike;
        // Names in other letters are whole words; replaced letters leave mixed ones, and function words.
        let replaced = found.count(WordKind::Mixed) + found.count(WordKind::Formula) + found.undone_english;
        let many = found.alike * 20 >= readable && replaced * 4 >= words;
        let some = found.alike * 50 >= readable && found.evidence() >= 5;
        let many = (many || some) && replaced >= 5 && replaced >= found.count(WordKind::Alike);
        found.wholesale = many && found.foreign * 4 <= readable && english * 100 >= words * READS_ENGLISH;
        found
    }

    /// Whether the look-alikes of the word that begins here stand for Latin letters.
    pub fn disguises(&self, word: &str) -> bool {
        if self.alike == 0 || !(self.wholesale || self.is_latin()) {
            return false;
        }
        match kind(word) {
            WordKind::Latin | WordKind::Foreign => false,
            WordKind::Mixed => true,
            WordKind::Formula => self.wholesale,
            WordKind::Alike => {
                let foreign = self.count(WordKind::Foreign);
                self.wholesale || (self.evidence() >= 3 && foreign < self.count(WordKind::Alike))
            }
        }
    }

    /// Whether the text is written in Latin letters for the most part, or in ones that look so.
    pub fn looks_latin(&self) -> bool {
        self.latin + self.alike >= self.foreign
    }

    fn is_latin(&self) -> bool {
        self.latin >= self.alike + self.foreign
    }

    /// Whether blanks stand between its words, so that other blank characters stand elsewhere.
    pub fn is_spaced(&self) -> bool {
        self.spaced
    }

    /// Words that are hardly anything but a disguise.
    fn evidence(&self) -> usize {
        self.count(WordKind::Mixed) + self.count(WordKind::Formula) / 8 + self.undone_english
    }

    fn count(&self, kind: WordKind) -> usize {
        self.words.get(kind as usize).copied().unwrap_or(0)
    }
}

/// The ASCII letter that a letter of another script looks like, by the confusables of Unicode UTS 39, or that a small
/// capital is.
pub fn look_alike(c: char) -> Option<char> {
    match letter(c) {
        Letter::Alike(letter) => Some(letter),
        Letter::Latin | Letter::Foreign => None,
    }
}

/// Small capitals are a style of Latin letters rather than another script's.
pub fn small_capital(c: char) -> Option<char> {
    let at = SMALL_CAPITALS.chars().position(|small| small == c && !small.is_ascii())?;
    u8::try_from(at).ok().map(|at| char::from(b'a' + at))
}

/// A letter by what it can be taken for.
enum Letter {
    Latin,
    Alike(char),
    Foreign,
}

fn letter(c: char) -> Letter {
    if c.is_ascii() {
        return Letter::Latin;
    }
    if let Some(letter) = small_capital(c) {
        return Letter::Alike(letter);
    }
    if is_latin(c) || is_styled(c) {
        return Letter::Latin;
    }
    let mut buffer = [0_u8; 4];
    let mut skeleton = unicode_security::confusable_detection::skeleton(c.encode_utf8(&mut buffer));
    match (skeleton.next(), skeleton.next(), skeleton.next()) {
        // UTS 39 folds I, l and 1 into l; as a capital it can only have been an I.
        (Some('l'), None, _) if c.is_uppercase() => Letter::Alike('I'),
        (Some(letter), None, _) if letter.is_ascii_alphabetic() => Letter::Alike(letter),
        // And it writes m as rn.
        (Some('r'), Some('n'), None) => Letter::Alike('m'),
        _ => Letter::Foreign,
    }
}

fn kind(word: &str) -> WordKind {
    let (mut latin, mut alike, mut formula) = (0, 0, 0);
    for c in letters(word) {
        match letter(c) {
            Letter::Latin => latin += 1,
            Letter::Foreign => return WordKind::Foreign,
            Letter::Alike(_) => {
                alike += 1;
                formula += usize::from(in_formulas(c));
            }
        }
    }
    match (latin, alike) {
        (_, 0) => WordKind::Latin,
        _ if formula == alike && (latin > 0 || alike < 4) => WordKind::Formula,
        (0, _) => WordKind::Alike,
        _ => WordKind::Mixed,
    }
}

/// A word with its look-alikes undone, in lower case; none if it is too long for a function word.
fn undone(word: &str) -> Option<String> {
    let mut plain = String::new();
    for c in letters(word) {
        if plain.len() > 16 {
            return None;
        }
        plain.push(look_alike(c).unwrap_or(c).to_ascii_lowercase());
    }
    Some(plain)
}

/// The letters of the word that begins here.
fn letters(word: &str) -> impl Iterator<Item = char> {
    word.chars().take(MAX_WORD).take_while(|&c| in_word(c)).filter(|&c| is_letter(c))
}

fn each_word(text: &str, mut visit: impl FnMut(&str)) {
    let mut inside = false;
    for (at, c) in text.char_indices() {
        let begins = !inside && is_letter(c);
        inside = begins || (inside && in_word(c));
        if begins {
            visit(text.get(at..).unwrap_or_default());
        }
    }
}

/// Fillers count as letters to Unicode, and show nothing.
fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !is_invisible(c)
}

/// What is in a word: letters, and what may be hidden between them.
fn in_word(c: char) -> bool {
    c.is_alphabetic() || is_mark(c) || is_invisible(c)
}

/// Whether blanks stand about where they stand in a text of words.
fn spaced(text: &str) -> bool {
    let blanks = text.bytes().filter(|b| matches!(b, b' ' | b'\n' | b'\t')).count();
    blanks * 15 >= text.chars().filter(|c| c.is_alphanumeric()).count()
}

/// Letters that stand in formulas and in phonetic script: Greek and the phonetic blocks.
fn in_formulas(c: char) -> bool {
    matches!(c, '\u{250}'..='\u{2af}' | '\u{370}'..='\u{3ff}' | '\u{1d00}'..='\u{1dbf}')
}

/// Letters of the Latin script.
pub fn is_latin(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '\u{aa}' | '\u{ba}' | '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}'
        | '\u{2c60}'..='\u{2c7f}' | '\u{a720}'..='\u{a7ff}' | '\u{ab30}'..='\u{ab6f}' | '\u{fb00}'..='\u{fb06}')
}

/// From a to z; there is none of x.
const SMALL_CAPITALS: &str = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ";
/// Characters looked at to tell what kind of word it is.
const MAX_WORD: usize = 120;
/// Function words in a hundred from which a text that was undone reads as English: prose has 35 to 60.
const READS_ENGLISH: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_text_of_another_alphabet_is_no_disguise() {
        let real = [
            "А у нас на море ухо сохнет, а рак ест сухари. Он сказал, что у него всё хорошо, и сел на поезд в Ростов.",
            "Комітет зібрався у старій гавані, і ніхто не міг пояснити, що саме було вирішено того вечора.",
            "Комитетът се събра на старото пристанище и никой не можа да обясни какво беше решено.",
            "Η επιτροπή συνεδρίασε στο παλιό λιμάνι και κανείς δεν μπορούσε να εξηγήσει τι αποφασίστηκε.",
            "Հանձնաժողովը հավաքվեց հին նավահանգստում, և ոչ ոք չէր կարող բացատրել, թե ինչ է որոշվել։",
            "Одбор се састао у старој луци, и нико није могао да објасни шта је одлучено.",
        ];
        for text in real {
            let scripts = Scripts::of(text);
            assert!(!scripts.wholesale, "{text}");
            each_word(text, |word| assert!(!scripts.disguises(word), "{text}: {word}"));
            let among_english = format!("As he said in the old harbour to the committee that met: {text}").repeat(2);
            let scripts = Scripts::of(&among_english);
            each_word(&among_english, |word| assert!(!scripts.disguises(word), "{among_english}: {word}"));
        }
    }

    #[test]
    fn names_in_other_letters_and_formulas_that_lost_a_space_are_no_disguise() {
        let text = "The СССР was large. An αfraction of the αβfraction and \\sqrtαT, Lyman-αabsorber and βgenerates. "
            .repeat(5);
        let scripts = Scripts::of(&text);
        each_word(&text, |word| assert!(!scripts.disguises(word), "{word}"));
    }
}
