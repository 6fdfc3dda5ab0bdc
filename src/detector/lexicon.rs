//! The words that carry grammar and manner rather than topic, by class.

/// Class of a function word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// A content word: not in the lexicon.
    Content = 0,
    /// a, an, the.
    Article,
    /// I, me, my.
    FirstPerson,
    /// we, our.
    FirstPlural,
    /// you, your.
    SecondPerson,
    /// he, she, they, it.
    ThirdPerson,
    /// of, in, with.
    Preposition,
    /// and, or, but.
    Conjunction,
    /// because, while, that, which.
    Subordinator,
    /// is, have, do.
    Auxiliary,
    /// can, should.
    Modal,
    /// not, never, no.
    Negation,
    /// this, those, each.
    Determiner,
    /// however, moreover: connects sentences.
    Connective,
    /// very, really.
    Intensifier,
    /// just, like, basically: speech.
    Filler,
    /// perhaps, seems.
    Hedge,
    /// Other frequent words without topic.
    Other,
}

/// Number of classes.
pub const CLASSES: usize = 18;

/// Class of a word in lower case.
pub fn class(word: &str) -> Class {
    if word.len() > LONGEST {
        return Class::Content;
    }
    WORDS
        .binary_search_by(|(entry, _)| (*entry).cmp(word))
        .ok()
        .and_then(|at| WORDS.get(at))
        .map_or(Class::Content, |&(_, class)| class)
}

/// The ending by which a content word is masked: word formation without the word.
pub fn ending(word: &str) -> u8 {
    ENDINGS
        .iter()
        .position(|ending| word.len() > ending.len() + 1 && word.ends_with(ending))
        .and_then(|at| u8::try_from(at + 1).ok())
        .unwrap_or(0)
}

/// Longest first where one ends in another.
const ENDINGS: &[&str] = &[
    "ations", "ation", "ments", "ment", "ness", "ities", "ity", "tions", "tion", "sions", "sion", "ences", "ence",
    "ances", "ance", "ingly", "edly", "ously", "ively", "ally", "ly", "ings", "ing", "ized", "ised", "ated", "ed",
    "izes", "ize", "ates", "ate", "ous", "ive", "ial", "ical", "al", "able", "ible", "ful", "less", "ic", "ists",
    "ist", "isms", "ism", "ers", "er", "est", "ies", "ss", "'s", "n't", "es", "s", "y", "en",
];

/// Length in bytes of the longest word below.
const LONGEST: usize = 13;

#[rustfmt::skip]
const WORDS: &[(&str, Class)] = &[
    ("a", Class::Article), ("able", Class::Other), ("about", Class::Preposition), ("above", Class::Preposition),
    ("absolutely", Class::Intensifier), ("accordingly", Class::Connective), ("across", Class::Preposition),
    ("actually", Class::Filler), ("addition", Class::Connective), ("additionally", Class::Connective),
    ("after", Class::Preposition), ("again", Class::Other), ("against", Class::Preposition), ("ago", Class::Other),
    ("all", Class::Determiner), ("almost", Class::Hedge), ("along", Class::Preposition),
    ("alongside", Class::Preposition), ("already", Class::Other), ("also", Class::Connective),
    ("although", Class::Subordinator), ("always", Class::Intensifier), ("am", Class::Auxiliary),
    ("amid", Class::Preposition), ("amidst", Class::Preposition), ("among", Class::Preposition),
    ("an", Class::Article), ("and", Class::Conjunction), ("another", Class::Determiner), ("any", Class::Determiner),
    ("anybody", Class::ThirdPerson), ("anyone", Class::ThirdPerson), ("anything", Class::ThirdPerson),
    ("anyway", Class::Filler), ("apparently", Class::Hedge), ("appear", Class::Hedge), ("appeared", Class::Hedge),
    ("appears", Class::Hedge), ("are", Class::Auxiliary), ("aren't", Class::Auxiliary), ("arguably", Class::Hedge),
    ("around", Class::Preposition), ("as", Class::Preposition), ("ask", Class::Other), ("asked", Class::Other),
    ("at", Class::Preposition), ("away", Class::Other), ("back", Class::Other), ("bad", Class::Other),
    ("basically", Class::Filler), ("be", Class::Auxiliary), ("became", Class::Other),
    ("because", Class::Subordinator), ("become", Class::Other), ("becomes", Class::Other), ("been", Class::Auxiliary),
    ("before", Class::Preposition), ("behind", Class::Preposition), ("being", Class::Auxiliary),
    ("below", Class::Preposition), ("beneath", Class::Preposition), ("beside", Class::Preposition),
    ("besides", Class::Preposition), ("best", Class::Other), ("better", Class::Other),
    ("between", Class::Preposition), ("beyond", Class::Preposition), ("big", Class::Other),
    ("both", Class::Determiner), ("btw", Class::Filler), ("but", Class::Conjunction), ("by", Class::Preposition),
    ("came", Class::Other), ("can", Class::Modal), ("can't", Class::Modal), ("cannot", Class::Modal),
    ("cant", Class::Modal), ("cause", Class::Subordinator), ("certain", Class::Determiner), ("come", Class::Other),
    ("comes", Class::Other), ("completely", Class::Intensifier), ("concerning", Class::Preposition),
    ("conclusion", Class::Connective), ("consequently", Class::Connective), ("contrast", Class::Connective),
    ("conversely", Class::Connective), ("could", Class::Modal), ("couldn't", Class::Modal), ("couldnt", Class::Modal),
    ("cuz", Class::Subordinator), ("day", Class::Other), ("deeply", Class::Intensifier),
    ("despite", Class::Preposition), ("did", Class::Auxiliary), ("didn't", Class::Auxiliary),
    ("didnt", Class::Auxiliary), ("different", Class::Other), ("do", Class::Auxiliary), ("does", Class::Auxiliary),
    ("doesn't", Class::Auxiliary), ("doesnt", Class::Auxiliary), ("doing", Class::Auxiliary),
    ("don't", Class::Auxiliary), ("done", Class::Auxiliary), ("dont", Class::Auxiliary), ("down", Class::Preposition),
    ("during", Class::Preposition), ("each", Class::Determiner), ("either", Class::Determiner),
    ("else", Class::Other), ("enough", Class::Determiner), ("entirely", Class::Intensifier),
    ("especially", Class::Intensifier), ("even", Class::Filler), ("ever", Class::Filler),
    ("every", Class::Determiner), ("everybody", Class::ThirdPerson), ("everyone", Class::ThirdPerson),
    ("everything", Class::ThirdPerson), ("example", Class::Connective), ("except", Class::Preposition),
    ("extremely", Class::Intensifier), ("far", Class::Other), ("feel", Class::Other), ("felt", Class::Other),
    ("few", Class::Determiner), ("finally", Class::Connective), ("find", Class::Other), ("first", Class::Connective),
    ("firstly", Class::Connective), ("five", Class::Other), ("for", Class::Preposition), ("found", Class::Other),
    ("four", Class::Other), ("from", Class::Preposition), ("fully", Class::Intensifier),
    ("furthermore", Class::Connective), ("gave", Class::Other), ("generally", Class::Hedge),
    ("get", Class::Auxiliary), ("gets", Class::Auxiliary), ("getting", Class::Auxiliary), ("give", Class::Other),
    ("given", Class::Other), ("gives", Class::Other), ("go", Class::Other), ("goes", Class::Other),
    ("going", Class::Other), ("gone", Class::Other), ("gonna", Class::Auxiliary), ("good", Class::Other),
    ("got", Class::Auxiliary), ("gotten", Class::Auxiliary), ("great", Class::Other), ("greatly", Class::Intensifier),
    ("guy", Class::Filler), ("guys", Class::Filler), ("had", Class::Auxiliary), ("hadn't", Class::Auxiliary),
    ("haha", Class::Filler), ("half", Class::Determiner), ("has", Class::Auxiliary), ("hasn't", Class::Auxiliary),
    ("have", Class::Auxiliary), ("haven't", Class::Auxiliary), ("having", Class::Auxiliary),
    ("he", Class::ThirdPerson), ("he'd", Class::ThirdPerson), ("he'll", Class::ThirdPerson),
    ("he's", Class::ThirdPerson), ("hence", Class::Connective), ("her", Class::ThirdPerson), ("here", Class::Other),
    ("here's", Class::Auxiliary), ("hers", Class::ThirdPerson), ("herself", Class::ThirdPerson),
    ("hey", Class::Filler), ("highly", Class::Intensifier), ("him", Class::ThirdPerson),
    ("himself", Class::ThirdPerson), ("his", Class::ThirdPerson), ("how", Class::Subordinator),
    ("however", Class::Connective), ("i", Class::FirstPerson), ("i'd", Class::FirstPerson),
    ("i'll", Class::FirstPerson), ("i'm", Class::FirstPerson), ("i've", Class::FirstPerson),
    ("if", Class::Subordinator), ("im", Class::FirstPerson), ("important", Class::Other),
    ("importantly", Class::Connective), ("in", Class::Preposition), ("including", Class::Preposition),
    ("incredibly", Class::Intensifier), ("indeed", Class::Connective), ("inside", Class::Preposition),
    ("instance", Class::Connective), ("instead", Class::Connective), ("into", Class::Preposition),
    ("is", Class::Auxiliary), ("isn't", Class::Auxiliary), ("isnt", Class::Auxiliary), ("it", Class::ThirdPerson),
    ("it'll", Class::ThirdPerson), ("it's", Class::ThirdPerson), ("its", Class::ThirdPerson),
    ("itself", Class::ThirdPerson), ("ive", Class::FirstPerson), ("just", Class::Filler), ("keep", Class::Other),
    ("kept", Class::Other), ("kinda", Class::Filler), ("knew", Class::Other), ("know", Class::Other),
    ("known", Class::Other), ("last", Class::Other), ("lastly", Class::Connective), ("later", Class::Other),
    ("least", Class::Determiner), ("less", Class::Determiner), ("lest", Class::Subordinator), ("let", Class::Other),
    ("let's", Class::FirstPlural), ("like", Class::Preposition), ("likely", Class::Hedge),
    ("likewise", Class::Connective), ("literally", Class::Filler), ("little", Class::Other), ("lol", Class::Filler),
    ("long", Class::Other), ("look", Class::Other), ("looked", Class::Other), ("looks", Class::Other),
    ("lot", Class::Filler), ("lots", Class::Filler), ("made", Class::Other), ("make", Class::Other),
    ("makes", Class::Other), ("making", Class::Other), ("many", Class::Determiner), ("may", Class::Modal),
    ("maybe", Class::Filler), ("me", Class::FirstPerson), ("meanwhile", Class::Connective), ("might", Class::Modal),
    ("mine", Class::FirstPerson), ("more", Class::Determiner), ("moreover", Class::Connective),
    ("most", Class::Determiner), ("much", Class::Determiner), ("must", Class::Modal), ("mustn't", Class::Modal),
    ("my", Class::FirstPerson), ("myself", Class::FirstPerson), ("near", Class::Preposition),
    ("nearly", Class::Hedge), ("need", Class::Other), ("needed", Class::Other), ("needs", Class::Other),
    ("neither", Class::Negation), ("never", Class::Negation), ("nevertheless", Class::Connective),
    ("new", Class::Other), ("next", Class::Connective), ("no", Class::Negation), ("nobody", Class::ThirdPerson),
    ("none", Class::Negation), ("nonetheless", Class::Connective), ("nor", Class::Conjunction),
    ("not", Class::Negation), ("notably", Class::Connective), ("nothing", Class::ThirdPerson), ("now", Class::Other),
    ("numerous", Class::Determiner), ("of", Class::Preposition), ("off", Class::Preposition), ("often", Class::Hedge),
    ("oh", Class::Filler), ("ok", Class::Filler), ("okay", Class::Filler), ("old", Class::Other),
    ("on", Class::Preposition), ("once", Class::Subordinator), ("one", Class::ThirdPerson),
    ("oneself", Class::ThirdPerson), ("only", Class::Filler), ("onto", Class::Preposition),
    ("or", Class::Conjunction), ("other", Class::Determiner), ("others", Class::Determiner),
    ("otherwise", Class::Connective), ("ought", Class::Modal), ("our", Class::FirstPlural),
    ("ours", Class::FirstPlural), ("ourselves", Class::FirstPlural), ("out", Class::Preposition),
    ("outside", Class::Preposition), ("over", Class::Preposition), ("overall", Class::Connective),
    ("own", Class::Determiner), ("part", Class::Other), ("particularly", Class::Intensifier),
    ("past", Class::Preposition), ("people", Class::Other), ("per", Class::Preposition), ("perhaps", Class::Hedge),
    ("person", Class::Other), ("plus", Class::Conjunction), ("possibly", Class::Hedge), ("potentially", Class::Hedge),
    ("pretty", Class::Intensifier), ("probably", Class::Hedge), ("put", Class::Other), ("quite", Class::Intensifier),
    ("rather", Class::Intensifier), ("really", Class::Intensifier), ("regarding", Class::Preposition),
    ("relatively", Class::Hedge), ("result", Class::Connective), ("right", Class::Other), ("roughly", Class::Hedge),
    ("said", Class::Other), ("same", Class::Determiner), ("saw", Class::Other), ("say", Class::Other),
    ("says", Class::Other), ("second", Class::Connective), ("secondly", Class::Connective), ("see", Class::Other),
    ("seem", Class::Hedge), ("seemed", Class::Hedge), ("seems", Class::Hedge), ("seen", Class::Other),
    ("several", Class::Determiner), ("shall", Class::Modal), ("she", Class::ThirdPerson),
    ("she'd", Class::ThirdPerson), ("she'll", Class::ThirdPerson), ("she's", Class::ThirdPerson),
    ("should", Class::Modal), ("shouldn't", Class::Modal), ("significantly", Class::Intensifier),
    ("similarly", Class::Connective), ("since", Class::Preposition), ("small", Class::Other),
    ("so", Class::Conjunction), ("some", Class::Determiner), ("somebody", Class::ThirdPerson),
    ("someone", Class::ThirdPerson), ("something", Class::ThirdPerson), ("sometimes", Class::Hedge),
    ("somewhat", Class::Hedge), ("soon", Class::Other), ("sorta", Class::Filler), ("specifically", Class::Connective),
    ("still", Class::Filler), ("stuff", Class::Filler), ("subsequently", Class::Connective),
    ("such", Class::Determiner), ("summary", Class::Connective), ("super", Class::Intensifier),
    ("sure", Class::Filler), ("take", Class::Other), ("taken", Class::Other), ("takes", Class::Other),
    ("tell", Class::Other), ("than", Class::Subordinator), ("that", Class::Subordinator),
    ("that's", Class::Auxiliary), ("thats", Class::Auxiliary), ("the", Class::Article), ("their", Class::ThirdPerson),
    ("theirs", Class::ThirdPerson), ("them", Class::ThirdPerson), ("themselves", Class::ThirdPerson),
    ("then", Class::Connective), ("there", Class::Other), ("there's", Class::Auxiliary),
    ("therefore", Class::Connective), ("these", Class::Determiner), ("they", Class::ThirdPerson),
    ("they'd", Class::ThirdPerson), ("they'll", Class::ThirdPerson), ("they're", Class::ThirdPerson),
    ("they've", Class::ThirdPerson), ("thing", Class::Filler), ("things", Class::Filler), ("think", Class::Other),
    ("third", Class::Connective), ("thirdly", Class::Connective), ("this", Class::Determiner),
    ("those", Class::Determiner), ("though", Class::Subordinator), ("thought", Class::Other), ("three", Class::Other),
    ("through", Class::Preposition), ("throughout", Class::Preposition), ("thus", Class::Connective),
    ("till", Class::Subordinator), ("time", Class::Other), ("times", Class::Other), ("to", Class::Preposition),
    ("today", Class::Other), ("told", Class::Other), ("too", Class::Intensifier), ("took", Class::Other),
    ("totally", Class::Intensifier), ("toward", Class::Preposition), ("towards", Class::Preposition),
    ("tried", Class::Other), ("truly", Class::Intensifier), ("try", Class::Other), ("two", Class::Other),
    ("typically", Class::Hedge), ("u", Class::SecondPerson), ("uh", Class::Filler), ("ultimately", Class::Connective),
    ("um", Class::Filler), ("under", Class::Preposition), ("unless", Class::Subordinator),
    ("until", Class::Preposition), ("up", Class::Preposition), ("upon", Class::Preposition),
    ("ur", Class::SecondPerson), ("us", Class::FirstPlural), ("use", Class::Other), ("used", Class::Other),
    ("using", Class::Other), ("usually", Class::Hedge), ("various", Class::Determiner), ("very", Class::Intensifier),
    ("via", Class::Preposition), ("want", Class::Other), ("wanted", Class::Other), ("was", Class::Auxiliary),
    ("wasn't", Class::Auxiliary), ("wasnt", Class::Auxiliary), ("way", Class::Other), ("ways", Class::Other),
    ("we", Class::FirstPlural), ("we'd", Class::FirstPlural), ("we'll", Class::FirstPlural),
    ("we're", Class::FirstPlural), ("we've", Class::FirstPlural), ("well", Class::Filler), ("went", Class::Other),
    ("were", Class::Auxiliary), ("weren't", Class::Auxiliary), ("what", Class::Subordinator),
    ("what's", Class::Auxiliary), ("whatever", Class::Subordinator), ("when", Class::Subordinator),
    ("whenever", Class::Subordinator), ("where", Class::Subordinator), ("whereas", Class::Subordinator),
    ("wherever", Class::Subordinator), ("whether", Class::Subordinator), ("which", Class::Subordinator),
    ("while", Class::Subordinator), ("who", Class::Subordinator), ("who's", Class::Auxiliary),
    ("whoever", Class::Subordinator), ("whom", Class::Subordinator), ("whose", Class::Subordinator),
    ("why", Class::Subordinator), ("will", Class::Modal), ("with", Class::Preposition),
    ("within", Class::Preposition), ("without", Class::Preposition), ("won't", Class::Modal), ("wont", Class::Modal),
    ("work", Class::Other), ("worked", Class::Other), ("works", Class::Other), ("would", Class::Modal),
    ("wouldn't", Class::Modal), ("wouldnt", Class::Modal), ("yeah", Class::Filler), ("year", Class::Other),
    ("years", Class::Other), ("yes", Class::Filler), ("yet", Class::Conjunction), ("you", Class::SecondPerson),
    ("you'd", Class::SecondPerson), ("you'll", Class::SecondPerson), ("you're", Class::SecondPerson),
    ("you've", Class::SecondPerson), ("your", Class::SecondPerson), ("yours", Class::SecondPerson),
    ("yourself", Class::SecondPerson), ("yourselves", Class::SecondPerson),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_sorted_so_that_each_can_be_found() {
        assert!(WORDS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(class("however"), Class::Connective);
        assert_eq!(class("ontology"), Class::Content);
    }

    #[test]
    fn the_longest_ending_wins() {
        assert_ne!(ending("realization"), ending("tension"));
        assert_eq!(ending("cat"), 0);
    }
}
