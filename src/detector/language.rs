//! Which language a text is in. The model knows English only.

use whatlang::Lang;

use super::document::Document;
use super::lexicon::Class;
use super::lm::Lm;
use super::token::{Shape, Token};

/// The code for English.
pub const ENGLISH: &str = "en";
/// The code for "cannot be told".
pub const UNKNOWN: &str = "und";

/// Language of a document: an ISO 639 code, two letters where there are two.
///
/// It is told stretch by stretch, so that neither half a text in German nor every other word in Hindi passes for English.
/// `words` knows which words English texts are made of: a stretch where many are strange to it is not English, whatever
/// small words it shares. Otherwise function words settle the common case without any further work, and in doubt the
/// identifier reads the beginning, the middle and the end.
pub fn language(document: &Document, words: &Lm<'_>) -> &'static str {
    let all: Vec<&Token> = document.tokens.iter().filter(|t| t.is_word()).collect();
    let stretches: Vec<&[&Token]> = stretches(&all).collect();
    let foreign: Vec<&[&Token]> =
        stretches.into_iter().filter(|stretch| is_foreign(document, stretch, words)).collect();
    let foreign_words: usize = foreign.iter().map(|stretch| stretch.len()).sum();
    if foreign_words > 0 && foreign_words * 3 >= all.len() {
        let text = foreign.iter().take(3).filter_map(|stretch| slice(document, stretch)).collect::<Vec<_>>().join(" ");
        return match whatlang::detect(&sample(&text)) {
            Some(info) if info.is_reliable() && info.lang() != Lang::Eng => code(info.lang()),
            _ => UNKNOWN,
        };
    }
    let grammar = grammar(&all);
    if !all.is_empty() && grammar * 100 >= all.len() * SURELY_ENGLISH {
        return ENGLISH;
    }
    match whatlang::detect(&sample(&document.normal.text)) {
        Some(info) if info.lang() == Lang::Eng => ENGLISH,
        Some(info) if info.is_reliable() => code(info.lang()),
        _ if !all.is_empty() && grammar * 100 >= all.len() * PERHAPS_ENGLISH => ENGLISH,
        _ => UNKNOWN,
    }
}

/// Stretches of about [`STRETCH`] words. One stretch alone must have [`LEAST`].
fn stretches<'a, 'b>(words: &'b [&'a Token]) -> impl Iterator<Item = &'b [&'a Token]> {
    let count = ((words.len() + STRETCH / 2) / STRETCH).max(usize::from(words.len() >= LEAST));
    (0..count).filter_map(move |at| {
        let end = if at + 1 == count { words.len() } else { (at + 1) * STRETCH };
        words.get(at * STRETCH..end)
    })
}

/// Whether a stretch is full of strange words and the identifier takes it for another language too. Capital words don't count
/// as strange: lists of names are not foreign, and German has enough small words.
fn is_foreign(document: &Document, stretch: &[&Token], words: &Lm<'_>) -> bool {
    let strange = stretch.iter().filter(|word| word.shape == Shape::Lower && words.rarity(word) > STRANGE).count();
    strange * 100 >= stretch.len() * MANY_STRANGE
        && slice(document, stretch).and_then(whatlang::detect_lang).is_none_or(|lang| lang != Lang::Eng)
}

/// Function words among these.
fn grammar(words: &[&Token]) -> usize {
    words.iter().filter(|word| word.class != Class::Content).count()
}

fn slice<'a>(document: &'a Document, stretch: &[&Token]) -> Option<&'a str> {
    document.normal.text.get(stretch.first()?.start..stretch.last()?.end)
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
/// Words of a stretch.
const STRETCH: usize = 50;
/// Words from which a text alone is a stretch.
const LEAST: usize = 30;
/// Surprise above which a word is strange to English texts, in sixteenths of a nat: rarer than one in 100,000.
const STRANGE: u8 = 185;
/// Strange words in a hundred from which a stretch may be foreign. In English stretches of 50 words the median is 4, and one
/// in a thousand has 36; in other languages it is 40 to 80.
const MANY_STRANGE: usize = 25;
/// Bytes of each piece that the identifier reads.
const PIECE: usize = 300;

#[cfg(all(test, feature = "embedded-model", not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    fn of(text: &str) -> &'static str {
        let [words, _] = super::super::embedded().model().parts.lms;
        language(&Document::new(text), &words)
    }

    #[test]
    fn english_is_told_by_its_grammar() {
        assert_eq!(of("The ferry that we took was late, but nobody on it seemed to mind."), "en");
        assert_eq!(of("Skilled in project management and data analysis; machine learning with Python."), "en");
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
    fn languages_that_mix_with_english_or_look_like_it_do_not_pass_for_it() {
        for text in [
            "Yaar kal main office gaya tha lekin boss ka mood bahut kharab tha. Usne bola ki meeting postpone ho \
             gayi hai aur sabko weekend pe kaam karna padega. Maine socha ki yeh toh bilkul galat hai kyunki \
             humne already plan bana liya tha. Phir bhi humne compromise kiya aur raat ko dinner ke liye nikal \
             gaye. Restaurant mein khana bahut accha tha but bill dekh ke sab shock ho gaye. Agle din subah uthke \
             maine decide kiya ki ab job change karni hi padegi because this is too much.",
            "Kahapon pumunta kami sa mall kasi may sale daw. Grabe ang daming tao, hindi kami makalakad nang \
             maayos. Bumili ako ng shoes and then kumain kami sa food court. Sabi ng friend ko na masarap daw \
             yung bagong ramen place pero ang haba ng pila so we decided to go somewhere else na lang. After that \
             nanood kami ng movie, okay naman siya pero medyo boring yung ending. Pag-uwi namin sobrang traffic \
             sa EDSA, two hours kami sa bus, nakakapagod talaga.",
            "Bhí an aimsir go hálainn inné agus chuaigh muid go dtí an trá leis na páistí. Bhí go leor daoine ann \
             ag snámh agus ag imirt cluichí ar an ngaineamh. Tar éis tamaill d'éirigh sé fuar agus thosaigh sé ag \
             cur báistí. Rith gach duine ar ais go dtí na carranna. Nuair a tháinig muid abhaile rinne mo \
             mháthair cupán tae dúinn agus shuigh muid síos cois tine ag caint faoin lá. Is maith liom na \
             laethanta sin nuair a bhíonn an teaghlach ar fad le chéile.",
            "Mi laik tokim yu long wanpela stori bilong ples bilong mi. Bipo i gat wanpela man i stap long bus na \
             em i no gat meri. Em i save go long gaden olgeta de na wok strong. Wanpela taim em i lukim wanpela \
             pisin i sindaun long diwai na pisin i tok olsem yu mas go long wara na kisim ston. Man i harim \
             dispela tok na em i go long wara. Em i kisim ston na bringim i kam long haus. Bihain long moning em \
             i lukim olsem ston i senis i kamap meri.",
            "So my abuela me dijo que no fuera a la fiesta porque it was too late, pero yo le dije que all my \
             friends were going and que no iba a pasar nada. Then she got really mad y me quitó el teléfono, can \
             you believe it? Mi mamá tried to calm her down pero no quiso escuchar a nadie. At the end me quedé \
             en casa viendo tele with my little brother, que por cierto estaba super feliz because he got to \
             choose the movie, like always. La próxima vez I will ask first, te lo juro.",
        ] {
            assert_ne!(of(text), "en", "{text}");
        }
    }

    #[test]
    fn a_text_of_which_a_good_part_is_in_another_language_is_not_english() {
        assert_eq!(
            of(
                "The committee met in the old harbour on a cold morning and nobody could explain what had been decided the evening before, because the minutes were lost and the chairman had gone home early with a headache that lasted for days. Der Ausschuss traf sich am alten Hafen an einem kalten Morgen, und niemand konnte erklären, was am Abend zuvor beschlossen worden war, weil das Protokoll verloren ging und der Vorsitzende früh mit Kopfschmerzen nach Hause gegangen war, die tagelang anhielten und ihm keine Ruhe ließen."
            ),
            "de"
        );
        assert_eq!(
            of(
                "I have always loved the small towns along this coast, where the bakery opens before dawn and everybody knows the name of your dog. We would sit on the wall and watch the boats come in, and my grandfather would tell us which of them had a good catch by the way they lay in the water. On était toujours les premiers à courir vers le port quand les pêcheurs rentraient, et ma grand-mère nous attendait avec du pain chaud et du beurre salé. Elle disait que la mer donne et que la mer reprend."
            ),
            "fr"
        );
    }

    #[test]
    fn names_loanwords_quotations_and_learners_mistakes_leave_a_text_english() {
        for text in [
            "Señor Vasquez and Frau Müller-Lüdenscheid met Krzysztof Wojciechowski at the Schönbrunn café, where Nguyễn Văn \
             Thành served bouillabaisse, ratatouille and a crème brûlée. They talked of schadenfreude and of joie de vivre, \
             and Krzysztof said that in Łódź everybody eats pierogi and żurek. Nobody believed him, of course.",
            "He wrote \"Ich bin ein Berliner, und niemand kann mir das nehmen\" on the wall and left. We stood there for a while \
             and looked at it, and then my sister said that she had heard it before, on the radio, when she was a child and \
             our father still had the shop in the old town. It was the only thing that she remembered of those years.",
            "My contry is very beautifull and the peoples is friendly. Every years we are celebrate the big festival and eat \
             many foods togheter. I want that everyone come to visit because is very interessting for the turists. Also we \
             have montains and a river where the childrens swimming in the summer. I am sure you will likes it very much.",
            "Call parse_header() with buf_len set, then check errno; if it is EAGAIN, epoll_wait() returns and the fd is \
             queued. The struct sk_buff holds a pointer to skb_shared_info, and kfree_skb() drops it. Note that memcpy is not \
             used here, since the ring buffer is mapped twice and the reader never sees a wrapped frame at all.",
        ] {
            assert_eq!(of(text), "en", "{text}");
        }
    }

    #[test]
    fn nothing_is_no_language() {
        assert_eq!(of("1 2 3 ... !!!"), "und");
    }
}
