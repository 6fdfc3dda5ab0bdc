//! The embedded model suspects no group of people more often than its card says.

use std::collections::BTreeMap;
use std::io::Read as _;

use edgekeep::detector::embedded;
use edgekeep::http::openapi;
use flate2::read::GzDecoder;
use serde::Deserialize;

#[derive(Deserialize)]
struct Text {
    source: String,
    text: String,
}

const TEXTS: &[u8] = include_bytes!("../samples/people/texts.jsonl.gz");
const CARD: &str = include_str!("../../MODEL.md");

/// Texts and shares above the thresholds, in hundredths, of one group in the card's table of people.
fn card(source: &str) -> [f64; 3] {
    let (_, table) = CARD.split_once("| people of | texts | FPR @1 % | FPR @5 % |").unwrap();
    let row = table.lines().take_while(|line| line.is_empty() || line.starts_with('|'));
    let row = row.filter_map(|line| line.strip_prefix(&format!("| {source} | "))).next().unwrap();
    let mut cells = row.split('|').map(|cell| cell.trim().replace(',', "").parse().unwrap());
    std::array::from_fn(|_| cells.next().unwrap())
}

#[test]
fn no_group_of_people_is_suspected_more_often_than_the_card_says() {
    let mut lines = String::new();
    GzDecoder::new(TEXTS).read_to_string(&mut lines).unwrap();
    let mut groups: BTreeMap<String, [u32; 3]> = BTreeMap::new();
    for line in lines.lines() {
        let Text { source, text } = serde_json::from_str(line).unwrap();
        let judgement = embedded().score(&text);
        let knot = judgement.knot.unwrap();
        let counts = groups.entry(source).or_default();
        for (count, is_one) in counts.iter_mut().zip([true, judgement.score > knot.ai_1, judgement.score > knot.ai_5]) {
            *count += u32::from(is_one);
        }
    }
    let sources: Vec<&str> = groups.keys().map(String::as_str).collect();
    assert_eq!(sources, ["eli5", "gsa", "pmlr", "rust_rfcs", "toefl_models"]);
    for (source, [texts, over_1, over_5]) in groups {
        let [all, share_1, share_5] = card(&source);
        assert!(f64::from(texts) <= all, "{source}: {texts} texts here, {all} in the card");
        // These are among the texts that the card counts, so no more of them can be above than it has above in all.
        let allowed = |share: f64| (share * all / 100.0).round();
        assert!(f64::from(over_1) <= allowed(share_1), "{source}: {over_1} of {texts} above the 1 % threshold");
        assert!(f64::from(over_5) <= allowed(share_5), "{source}: {over_5} of {texts} above the 5 % threshold");
    }
}

#[test]
fn what_a_mixed_verdict_stands_for_is_said_with_the_figures_of_the_card() {
    let (_, table) = CARD.split_once("| verdict of the Worker | texts by people | by machines |").unwrap();
    let people = |verdict: &str| -> u32 {
        let row = table.lines().find_map(|line| line.strip_prefix(&format!("| `{verdict}` | "))).unwrap();
        row.split(' ').next().unwrap().replace(',', "").parse().unwrap()
    };
    let mixed = people("mixed");
    let all = ["human", "uncertain", "ai"].map(people).iter().sum::<u32>() + mixed;
    assert!(mixed * 100 <= all, "{mixed} of {all}: not at most 1 in 100");
    let document = openapi::document().unwrap();
    let said = document.pointer("/paths/~1api~1v1~1ai-tools~1detect/post/description").unwrap().as_str().unwrap();
    assert!(said.contains(&format!("{mixed} of {all}")), "{said}");
}
