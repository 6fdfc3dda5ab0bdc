//! Which language a text is in. The model knows English only.

use whatlang::Lang;

use super::document::Document;
use super::lexicon::Class;

/// The code for English.
pub const ENGLISH: &str = "en";
/// The code for "cannot be told".
pub const UNKNOWN: &str = "und";

/// Language of a document: an ISO 639 code, two letters where there are two.
///
/// Function words settle the common case without any further work; in doubt the identifier reads the beginning, the middle and
/// the end.
pub fn language(document: &Document) -> &'static str {
    let words = document.tokens.iter().filter(|t| t.is_word());
    let (mut all, mut grammar) = (0_usize, 0_usize);
    for word in words {
        all += 1;
        grammar += usize::from(word.class != Class::Content);
    }
    if all > 0 && grammar * 100 >= all * SURELY_ENGLISH {
        return ENGLISH;
    }
    match whatlang::detect(&sample(&document.normal.text)) {
        Some(info) if info.lang() == Lang::Eng => ENGLISH,
        Some(info) if info.is_reliable() => code(info.lang()),
        _ if all > 0 && grammar * 100 >= all * PERHAPS_ENGLISH => ENGLISH,
        _ => UNKNOWN,
    }
}

/// Three pieces of the text, so that the work does not grow with it.
fn sample(text: &str) -> String {
    if text.len() <= 3 * PIECE {
        return text.to_owned();
    }
    [0, text.len() / 2, text.len() - PIECE]
        .iter()
        .map(|&at| {
            let start = text.ceil_char_boundary(at);
            let end = text.floor_char_boundary(at + PIECE);
            text.get(start..end).unwrap_or_default()
        })
        .collect::<Vec<_>>()
        .join(" ")
}

/// Two letters for languages that have them.
fn code(lang: Lang) -> &'static str {
    let long = lang.code();
    SHORT.iter().find(|(three, _)| *three == long).map_or(long, |(_, two)| two)
}

#[rustfmt::skip]
const SHORT: &[(&str, &str)] = &[
    ("epo", "eo"), ("eng", "en"), ("rus", "ru"), ("cmn", "zh"), ("spa", "es"), ("por", "pt"), ("ita", "it"),
    ("ben", "bn"), ("fra", "fr"), ("deu", "de"), ("ukr", "uk"), ("kat", "ka"), ("ara", "ar"), ("hin", "hi"),
    ("jpn", "ja"), ("heb", "he"), ("yid", "yi"), ("pol", "pl"), ("amh", "am"), ("jav", "jv"), ("kor", "ko"),
    ("nob", "nb"), ("dan", "da"), ("swe", "sv"), ("fin", "fi"), ("tur", "tr"), ("nld", "nl"), ("hun", "hu"),
    ("ces", "cs"), ("ell", "el"), ("bul", "bg"), ("bel", "be"), ("mar", "mr"), ("kan", "kn"), ("ron", "ro"),
    ("slv", "sl"), ("hrv", "hr"), ("srp", "sr"), ("mkd", "mk"), ("lit", "lt"), ("lav", "lv"), ("est", "et"),
    ("tam", "ta"), ("vie", "vi"), ("urd", "ur"), ("tha", "th"), ("guj", "gu"), ("uzb", "uz"), ("pan", "pa"),
    ("aze", "az"), ("ind", "id"), ("tel", "te"), ("pes", "fa"), ("mal", "ml"), ("ori", "or"), ("mya", "my"),
    ("nep", "ne"), ("sin", "si"), ("khm", "km"), ("tuk", "tk"), ("aka", "ak"), ("zul", "zu"), ("sna", "sn"),
    ("afr", "af"), ("lat", "la"), ("slk", "sk"), ("cat", "ca"), ("tgl", "tl"), ("hye", "hy"), ("cym", "cy"),
];

/// Function words in a hundred words, above which a text is English. English prose has 35 to 60; its nearest relatives
/// share some forms ("in", "was", "so") and stay below 25.
const SURELY_ENGLISH: usize = 32;
/// The same, when the identifier is not sure of another language.
const PERHAPS_ENGLISH: usize = 15;
/// Bytes of each piece that the identifier reads.
const PIECE: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> &'static str {
        language(&Document::new(text))
    }

    #[test]
    fn english_is_told_by_its_grammar() {
        assert_eq!(of("The ferry that we took was late, but nobody on it seemed to mind."), "en");
        assert_eq!(
            of("Skills: project management, data analysis, machine learning, public speaking, budgeting."),
            "en"
        );
    }

    #[test]
    fn other_languages_are_named() {
        assert_eq!(
            of("Der Ausschuss traf sich am alten Hafen, und niemand konnte erklären, was beschlossen worden war."),
            "de"
        );
        assert_eq!(
            of("Le comité s'est réuni au vieux port, et personne ne pouvait expliquer ce qui avait été décidé."),
            "fr"
        );
        assert_eq!(of("委员会在旧港口开会，没有人能解释决定了什么。主席保持沉默。"), "zh");
        assert_eq!(of("Комитет собрался в старой гавани, и никто не мог объяснить, что было решено."), "ru");
    }

    #[test]
    fn nothing_is_no_language() {
        assert_eq!(of("1 2 3 ... !!!"), "und");
    }
}
