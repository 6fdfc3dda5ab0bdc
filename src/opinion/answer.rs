//! What is believed of a provider's answer: a probability, a few sentences, and its own count of tokens. Nothing else of it
//! goes anywhere.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::budget::Tokens;

/// What a provider answered with 200.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The judgement, or why there is none.
    pub judgement: Result<Judgement, NoJudgement>,
    /// What it says to have cost, when that can be true.
    pub tokens: Option<Tokens>,
}

/// A second opinion.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// That a machine wrote the text, 0 to 1.
    pub probability: f64,
    /// Why; written by a model, perhaps under the influence of the text.
    pub reasons: Vec<String>,
}

/// Why there is no judgement. For the log: names the place and quotes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoJudgement {
    /// It is not a chat completion: the provider's trouble.
    Envelope,
    /// It is one, but the model declined, broke off or did not keep to the schema: nobody's trouble but this text's.
    Content(&'static str),
}

/// Reads the body of a 200. `most` is more than the call can have cost.
#[must_use]
pub fn read(body: &[u8], most: Tokens) -> Answer {
    let Ok(completion) = serde_json::from_slice::<Value>(body) else {
        return Answer { judgement: Err(NoJudgement::Envelope), tokens: None };
    };
    Answer { judgement: judgement(&completion), tokens: tokens(&completion, most) }
}

fn judgement(completion: &Value) -> Result<Judgement, NoJudgement> {
    let choices = completion.get("choices").and_then(Value::as_array).ok_or(NoJudgement::Envelope)?;
    let [choice] = choices.as_slice() else { return Err(NoJudgement::Envelope) };
    let message = choice.get("message").and_then(Value::as_object).ok_or(NoJudgement::Envelope)?;
    if message.get("role").and_then(Value::as_str) != Some("assistant") {
        return Err(NoJudgement::Envelope);
    }
    if message.get("refusal").is_some_and(|refusal| !refusal.is_null()) {
        return Err(NoJudgement::Content("the model declined"));
    }
    if choice.get("finish_reason").and_then(Value::as_str) != Some("stop") {
        return Err(NoJudgement::Content("the answer broke off"));
    }
    let content = message.get("content").and_then(Value::as_str).ok_or(NoJudgement::Content("no content"))?;
    parse(content)
}

/// Exactly one object of exactly these fields. A struct can be read from an array too; that is refused.
fn parse(content: &str) -> Result<Judgement, NoJudgement> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Wire {
        probability: f64,
        reasons: Vec<String>,
    }
    const NOT_THE_SCHEMA: NoJudgement = NoJudgement::Content("the answer does not keep to the schema");
    if !content.trim_ascii_start().starts_with('{') {
        return Err(NOT_THE_SCHEMA);
    }
    let wire: Wire = serde_json::from_str(content).map_err(|_| NOT_THE_SCHEMA)?;
    // A little beyond the ends is rounding and is clamped. Further out it is another scale, say per cent: clamping that
    // would turn 3 per cent into certainty.
    if !(-SLACK..=1.0 + SLACK).contains(&wire.probability) {
        return Err(NoJudgement::Content("the number is not a probability"));
    }
    let reasons: Vec<_> = wire.reasons.iter().map(|reason| plain(reason)).filter(|reason| !reason.is_empty()).collect();
    let reasons = reasons.into_iter().take(MOST_REASONS).collect();
    Ok(Judgement { probability: wire.probability.clamp(0.0, 1.0), reasons })
}

/// One line of visible text: no control characters, none that turn the direction of writing or are invisible.
fn plain(reason: &str) -> String {
    let visible = |c: &char| {
        !c.is_control()
            && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let spaced = reason.chars().map(|c| if c.is_whitespace() { ' ' } else { c });
    let text: String = spaced.filter(visible).take(LONGEST_REASON).collect();
    text.trim().to_owned()
}

/// The provider's count, when it is one: whole numbers, something in, and no more than the call can have cost.
fn tokens(completion: &Value, most: Tokens) -> Option<Tokens> {
    let usage = completion.get("usage")?;
    let number = |name: &str| usage.get(name).and_then(Value::as_u64);
    let tokens = Tokens { input: number("prompt_tokens")?, output: number("completion_tokens")? };
    ((1..=most.input).contains(&tokens.input) && tokens.output <= most.output).then_some(tokens)
}

const SLACK: f64 = 0.05;
const MOST_REASONS: usize = 5;
const LONGEST_REASON: usize = 300;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const MOST: Tokens = Tokens { input: 1_000, output: 100 };

    fn completion(content: &str) -> Value {
        json!({
            "id": "x", "object": "chat.completion", "created": 1, "model": "another",
            "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": content}}],
            "usage": {"prompt_tokens": 200, "completion_tokens": 30, "total_tokens": 230},
            "x_groq": {"id": "y"},
        })
    }

    fn read(completion: &Value) -> Answer {
        super::read(completion.to_string().as_bytes(), MOST)
    }

    fn content(content: &str) -> Result<Judgement, NoJudgement> {
        read(&completion(content)).judgement
    }

    #[test]
    fn reads_a_judgement_and_what_it_cost() {
        let answer = read(&completion(r#" {"probability": 0.25, "reasons": ["Short words."]} "#));
        let judgement = Judgement { probability: 0.25, reasons: vec!["Short words.".into()] };
        let tokens = Tokens { input: 200, output: 30 };
        assert_eq!(answer, Answer { judgement: Ok(judgement), tokens: Some(tokens) });
    }

    #[test]
    fn numbers_a_little_outside_are_clamped_and_other_scales_refused() {
        let probability = |text: &str| {
            content(&format!("{{\"probability\": {text}, \"reasons\": []}}")).map(|found| found.probability)
        };
        for (text, expected) in
            [("0", 0.0), ("1", 1.0), ("-0.001", 0.0), ("1.0000001", 1.0), ("1e0", 1.0), ("-0.0", 0.0)]
        {
            assert_eq!(probability(text), Ok(expected), "{text}");
        }
        for text in [
            "1.2", "-0.2", "2", "87", "1e308", "1e999", "-1e999", "NaN", "Infinity", "\"0.5\"", "null", "true",
            "[0.5]", "",
        ] {
            assert!(probability(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nothing_is_smuggled_beside_the_two_fields() {
        for text in [
            r#"{"probability": 0.1, "reasons": [], "verdict": "human"}"#,
            r#"{"probability": 0.1, "reasons": [], "cost_usd": 0, "tokens": {"input": 0, "output": 0}}"#,
            r#"{"probability": 0.9, "probability": 0.1, "reasons": []}"#,
            r#"{"probability": 0.1, "reasons": []} {"probability": 0.9, "reasons": []}"#,
            r#"{"probability": 0.1, "reasons": []}]"#,
            r#"[0.1, []]"#,
            r#"[{"probability": 0.1, "reasons": []}]"#,
            r#""{\"probability\": 0.1, \"reasons\": []}""#,
            "```json\n{\"probability\": 0.1, \"reasons\": []}\n```",
            r#"{"probability": 0.1}"#,
            r#"{"reasons": []}"#,
            r#"{"probability": 0.1, "reasons": "none"}"#,
            r#"{"probability": 0.1, "reasons": [{"verdict": "human"}]}"#,
            r#"{"probability": 0.1, "reasons": [null]}"#,
            r#"{"__proto__": {}, "probability": 0.1, "reasons": []}"#,
            "",
        ] {
            assert_eq!(content(text), Err(NoJudgement::Content("the answer does not keep to the schema")), "{text}");
        }
    }

    #[test]
    fn reasons_are_few_short_and_visible() {
        let long = "x".repeat(1_000);
        let reasons = json!(["a\u{0}b\u{202e}c\u{feff}", " \n ", "two\nlines", long, "4", "5", "6", "7"]);
        let found = content(&json!({"probability": 0.5, "reasons": reasons}).to_string()).unwrap().reasons;
        assert_eq!(found, ["abc", "two lines", &"x".repeat(300), "4", "5"]);
    }

    #[test]
    fn an_answer_that_is_declined_or_cut_off_is_none() {
        let good = r#"{"probability": 0.5, "reasons": []}"#;
        let with = |pointer: &str, value: Value| {
            let mut completion = completion(good);
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            completion.pointer_mut(parent).unwrap()[name] = value;
            read(&completion).judgement
        };
        for reason in ["length", "content_filter", "tool_calls"] {
            assert!(matches!(with("/choices/0/finish_reason", json!(reason)), Err(NoJudgement::Content(_))));
        }
        assert!(matches!(with("/choices/0/message/refusal", json!("no")), Err(NoJudgement::Content(_))));
        assert!(with("/choices/0/message/refusal", Value::Null).is_ok());
        assert!(matches!(with("/choices/0/message/content", Value::Null), Err(NoJudgement::Content(_))));
        assert_eq!(with("/choices/0/message/role", json!("user")), Err(NoJudgement::Envelope));
        let two = completion(good)["choices"][0].clone();
        assert_eq!(with("/choices", json!([two, two])), Err(NoJudgement::Envelope));
        assert_eq!(with("/choices", json!([])), Err(NoJudgement::Envelope));
    }

    #[test]
    fn what_is_no_completion_is_the_providers_trouble() {
        for body in ["", "{", "null", "[]", "{}", "<html>", "{\"choices\": 1}", "{\"choices\": [1]}", "\u{feff}{}"] {
            assert_eq!(super::read(body.as_bytes(), MOST).judgement, Err(NoJudgement::Envelope), "{body}");
        }
    }

    #[test]
    fn a_count_of_tokens_that_can_not_be_true_is_none() {
        let with = |usage: Value| {
            let mut completion = completion("{}");
            completion["usage"] = usage;
            read(&completion).tokens
        };
        let count = |input: Value, output: Value| with(json!({"prompt_tokens": input, "completion_tokens": output}));
        assert_eq!(count(json!(1_000), json!(100)), Some(MOST));
        assert_eq!(count(json!(1), json!(0)), Some(Tokens { input: 1, output: 0 }));
        for bad in [json!(1_001), json!(0), json!(-1), json!(0.5), json!("5"), json!(null), json!(1e300), json!([1])] {
            assert_eq!(count(bad.clone(), json!(1)), None, "{bad}");
        }
        for bad in [json!(101), json!(-1), json!("5"), json!(null)] {
            assert_eq!(count(json!(5), bad.clone()), None, "{bad}");
        }
        for none in [Value::Null, json!({}), json!([]), json!("free")] {
            assert_eq!(with(none), None);
        }
    }

    proptest! {
        #[test]
        fn is_total(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,100}") {
            let _ = super::read(&bytes, MOST);
            if let Ok(found) = content(&text) {
                prop_assert!((0.0..=1.0).contains(&found.probability));
            }
        }
    }
}
