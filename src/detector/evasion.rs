//! Disguises are undone and reported, and what ordinary writers bring along is neither.

use super::document::Document;
use super::hash;
use super::normal::Normal;
use super::scripts::look_alike;
use super::{Manipulation, Options, assess};

const PROSE: &str = "I went down to the quay early because the boat was leaving before light, and my brother, who never wakes \
    up for anything, was already there with two cups of coffee. We didn't talk much. The sea looked grey and a little \
    angry; just beyond the wall six or seven men were mending nets, joking about the price of fuel and the zealous new \
    inspector from the capital. Nobody expected him to last the winter. When the engine coughed and died the second \
    time, old Vasquez said that we should have listened to him, and of course he was right.";

fn found(text: &str) -> Manipulation {
    Normal::new(text).manipulation
}

/// Replaces some letters in a hundred by what stands for them.
fn replaced(text: &str, percent: u64, stand_in: impl Fn(char) -> Option<char>) -> String {
    let swap = |(at, c): (usize, char)| {
        let chosen = hash::mix(at as u64 + 1) % 100 < percent;
        stand_in(c).filter(|_| chosen).unwrap_or(c)
    };
    text.chars().enumerate().map(swap).collect()
}

fn after_each_letter(text: &str, mark: &str) -> String {
    text.chars().map(|c| if c.is_alphabetic() { format!("{c}{mark}") } else { c.to_string() }).collect()
}

fn from_block(letter: char, block: std::ops::RangeInclusive<char>) -> Option<char> {
    let case = |c: &char| c.is_uppercase() == letter.is_uppercase();
    block.filter(case).find(|&c| letter.is_ascii_alphabetic() && look_alike(c) == Some(letter))
}

fn cyrillic(letter: char) -> Option<char> {
    from_block(letter, '\u{400}'..='\u{52f}')
}

fn greek(letter: char) -> Option<char> {
    from_block(letter, '\u{370}'..='\u{3ff}')
}

fn armenian(letter: char) -> Option<char> {
    from_block(letter, '\u{531}'..='\u{589}')
}

fn shifted(letter: char, capital: u32, small: u32) -> Option<char> {
    match letter {
        'A'..='Z' => char::from_u32(capital + u32::from(letter) - u32::from('A')),
        'a'..='z' => char::from_u32(small + u32::from(letter) - u32::from('a')),
        _ => None,
    }
}

fn small_capital(letter: char) -> Option<char> {
    let all: Vec<char> = "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘꞯʀꜱᴛᴜᴠᴡxʏᴢ".chars().collect();
    letter.is_ascii_lowercase().then(|| all.get(usize::from(letter as u8 - b'a')).copied()).flatten()
}

#[test]
fn look_alikes_and_stylised_letters_are_undone_however_many_they_are() {
    type StandIn = fn(char) -> Option<char>;
    let stand_ins: [(&str, StandIn); 9] = [
        ("Cyrillic", cyrillic),
        ("Greek", greek),
        ("Armenian", armenian),
        ("the three of them", |c| match u32::from(c) % 3 {
            0 => cyrillic(c),
            1 => greek(c),
            _ => armenian(c),
        }),
        ("mathematical bold", |c| shifted(c, 0x1d400, 0x1d41a)),
        ("mathematical sans-serif", |c| shifted(c, 0x1d5a0, 0x1d5ba)),
        ("full width", |c| shifted(c, 0xff21, 0xff41)),
        ("circled", |c| shifted(c, 0x24b6, 0x24d0)),
        ("small capitals", small_capital),
    ];
    let plain = Normal::new(PROSE).text;
    for (name, stand_in) in stand_ins {
        for percent in [25, 50, 75, 100] {
            let text = replaced(PROSE, percent, stand_in);
            assert_ne!(text, PROSE);
            let normal = Normal::new(&text);
            assert_eq!(normal.text, plain, "{name}, {percent} %");
            assert!(normal.manipulation.suspicious, "{name}, {percent} %");
            assert!(!normal.manipulation.places.is_empty());
            assert_eq!(assess(&text, &Options::default()).language, "en");
        }
    }
}

#[test]
fn a_tall_stroke_inside_a_word_is_an_l_and_before_it_an_i() {
    let text = PROSE.replace('l', "Ӏ").replace('e', "е").replace('I', "Ӏ");
    assert_eq!(Normal::new(&text).text, Normal::new(PROSE).text);
}

#[test]
fn what_shows_nothing_is_dropped_and_reported_wherever_it_hides() {
    let plain = Normal::new(PROSE).text;
    let hidden = [
        "\u{200b}",
        "\u{3164}",
        "\u{ffa0}",
        "\u{115f}",
        "\u{2800}",
        "\u{180f}",
        "\u{fff0}",
        "\u{fff8}",
        "\u{1bca0}",
        "\u{1bca3}",
        "\u{e000}",
        "\u{f8ff}",
        "\u{80}",
        "\u{9f}",
        "\u{e0061}",
        "\u{e0101}",
        "\u{2064}",
        "\u{ad}",
        "\u{34f}",
    ];
    for hidden in hidden {
        let name = hidden.escape_unicode();
        let normal = Normal::new(&after_each_letter(PROSE, hidden));
        assert_eq!(normal.text, plain, "{name}");
        let found = normal.manipulation;
        assert!(found.suspicious && found.zero_width > 300, "{name}: {found:?}");
        let place = found.places[0];
        let units: Vec<u16> = after_each_letter(PROSE, hidden).encode_utf16().collect();
        assert_eq!(String::from_utf16_lossy(&units[place.start..place.end]), hidden);
    }
}

#[test]
fn blanks_that_count_as_letters_are_read_as_blanks_where_they_stand_for_them() {
    for blank in ["\u{3164}", "\u{ffa0}", "\u{2800}", "\u{2003}"] {
        let normal = Normal::new(&PROSE.replace(' ', blank));
        assert_eq!(normal.text, Normal::new(PROSE).text);
        assert!(normal.manipulation.suspicious && normal.manipulation.odd_space > 50);
    }
}

#[test]
fn marks_drawn_over_letters_are_dropped_and_reported() {
    let plain = Normal::new(PROSE).text;
    for mark in
        ["\u{336}", "\u{332}", "\u{335}", "\u{338}", "\u{20dd}", "\u{305}", "\u{333}", "\u{316}\u{325}\u{324}\u{359}"]
    {
        let over_all: String = PROSE.chars().map(|c| format!("{c}{mark}")).collect();
        for text in [after_each_letter(PROSE, mark), over_all] {
            let normal = Normal::new(&text);
            let name = mark.escape_unicode();
            assert_eq!(normal.text, plain, "{name}");
            assert!(normal.manipulation.suspicious && normal.manipulation.combining > 300, "{name}");
            assert_eq!(normal.manipulation.places.first().map(|p| p.start), Some(0), "{name}");
        }
    }
}

#[test]
fn accents_and_points_of_real_languages_stay_as_they_are() {
    let real = [
        "Naïve façade, señor, Ångström, Łódź, İstanbul, Dvořák, ørsted.",
        "Tiếng Việt có nhiều dấu thanh, và người ta viết chúng trên các nguyên âm.",
        "الكِتابُ عَلَى الطَّاوِلَةِ فِي الغُرْفَةِ.",
        "בְּרֵאשִׁית בָּרָא אֱלֹהִים אֵת הַשָּׁמַיִם וְאֵת הָאָרֶץ׃",
        "समिति पुराने बंदरगाह पर मिली, और कोई नहीं समझा सका।",
        "คณะกรรมการประชุมกันที่ท่าเรือเก่า",
        "Ё, й and ї are Cyrillic; ά and ϊ are Greek.",
    ];
    for text in real {
        use unicode_normalization::UnicodeNormalization;
        let normal = Normal::new(text);
        let decomposed: String = text.nfd().collect();
        assert_eq!(Normal::new(&decomposed).text, normal.text, "{text}");
        let letters = |text: &str| text.nfkc().filter(|c| c.is_alphabetic()).collect::<String>();
        assert_eq!(letters(&normal.text), letters(text));
        assert_eq!((found(text).combining, found(&decomposed).combining), (0, 0), "{text}");
        assert!(!found(text).suspicious && !found(&decomposed).suspicious, "{text}");
    }
    // Accents that no single letter holds are unaccused too: a mean, Yoruba, Guarani.
    assert_eq!(found("The mean x\u{304} of ẹ\u{301}kọ\u{301} and g\u{303}uarani").combining, 0);
}

#[test]
fn what_ordinary_writers_bring_along_is_not_called_a_disguise() {
    let ordinary = [
        "England 🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f} against Scotland 🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}.",
        "A family 👨\u{200d}👩\u{200d}👧 and a heart ❤\u{fe0f}, key 1\u{fe0f}\u{20e3}.",
        "委员会在旧港口开会，没有人能解释决定了什么。（主席保持沉默！）真的吗？是的：没有，没有，没有。",
        "ＮＨＫニュース、ＤＶＤとＣＤとＰＣとＵＳＢ。カタカナも（全角）！",
        "It is known by now that the first of them βgenerates αand βor γwith δin the αβfraction and \\sqrtαT of Lyman-αabsorbers, κρ and BB-αcan, as we have shown before in this paper.",
        "The СССР and the КГБ were in Москва; he wrote «СССР» and the club ЦСКА.",
        "We set 𝑓(𝑥) = 𝑎𝑥 + 𝑏, 𝑠𝑖𝑛 𝜃, 𝑚𝑎𝑥 𝑦, 𝛼𝛽 and 𝑙𝑜𝑔 𝑛 for all 𝑥, 𝑦 ∈ ℝ, where 𝐴𝐵𝐶 and 𝑝𝑞𝑟.",
        "The word \u{200f}שלום\u{200e} and \u{200f}תודה\u{200e} and \u{200f}בוקר\u{200e} and \u{200f}ערב\u{200e}, #\u{200e}tag\u{202c}\u{202c}\u{202c}\u{202c}.",
        "«\u{a0}oui\u{a0}» «\u{a0}non\u{a0}» et 10\u{202f}000\u{202f}€.",
        "The inter\u{ad}na\u{ad}tional com\u{ad}mit\u{ad}tee met in the har\u{ad}bour of the capi\u{ad}tal.",
        "One с from another keyboard layout, in сase it happens.",
        "\u{feff}A byte-order mark, a bullet \u{f0b7} of some font, and don\u{92}t or \u{93}so\u{94} of an old encoding.",
        "They wonÃ\u{82}Â´t, you canÃ\u{82}Â´t, he donÃ\u{82}Â´t and itâ\u{80}\u{99}s what weÃ\u{82}Â´re told.",
        "The ship /ʃɪp/ and bit /bɪt/, kit /kɪt/, sheep /ʃiːp/.",
    ];
    for text in ordinary {
        assert!(!found(text).suspicious, "{text}: {:?}", found(text));
        assert!(!found(&format!("{text} ").repeat(3)).suspicious || text.starts_with("One"), "{text}");
    }
    assert_eq!(Normal::new("don\u{92}t").text, "don't");
    let document = Document::new("Strike n\u{336}o\u{336}t\u{336} this");
    assert_eq!(document.words(), 3);
}
