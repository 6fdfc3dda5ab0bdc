use hmac::{Hmac, Mac as _};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";
const OTHER: &[u8] = b"fedcba9876543210fedcba9876543210";
/// Signed by another implementation with these keys and claims.
const GOLDEN: &str = concat!(
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCIsImtpZCI6InliSTRVVXd4In0.",
    "eyJleHAiOjE3NjczMjQ4NDUsIm5iZiI6MTc2NzMyMzA0NSwiaWF0IjoxNzY3MzIzMDQ1LCJpc3MiOiJlZGdla2VlcCIsInN1YiI6IjAxOGNjMj",
    "UxLWY0MDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMSIsImF1ZCI6ImVkZ2VrZWVwIiwianRpIjoiMDE4Y2MyNTEtZjQwMC03MDAwLTgwMDAtMDAw",
    "MDAwMDAwMDAzIiwic2lkIjoiMDE4Y2MyNTEtZjQwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAyIn0.",
    "79ErnR3_Y3cGTkhpcyjjtOhFKvR3nYW1e9Q53iErCPM",
);
const NOW_MS: i64 = 1_767_323_045_678;
const NOW: i64 = 1_767_323_045;

fn keyring() -> Keyring {
    Keyring {
        current: SigningKey::new(SECRET).unwrap(),
        previous: None,
        issuer: "edgekeep".into(),
        audience: "edgekeep".into(),
    }
}

fn grant() -> Grant {
    Grant {
        user_id: "018cc251-f400-7000-8000-000000000001".into(),
        session_id: "018cc251-f400-7000-8000-000000000002".into(),
        token_id: "018cc251-f400-7000-8000-000000000003".into(),
    }
}

fn issued() -> String {
    keyring().issue(&grant(), NOW_MS, 1_800).unwrap()
}

fn header() -> Value {
    json!({"alg": "HS256", "typ": "JWT", "kid": keyring().current.id()})
}

fn claims() -> Value {
    let Grant { user_id, session_id, token_id } = grant();
    json!({
        "iss": "edgekeep", "sub": user_id, "aud": "edgekeep", "exp": NOW + 1_800, "iat": NOW, "nbf": NOW,
        "jti": token_id, "sid": session_id,
    })
}

fn with(mut object: Value, name: &str, value: Value) -> Value {
    object[name] = value;
    object
}

fn without(mut object: Value, name: &str) -> Value {
    object.as_object_mut().unwrap().remove(name);
    object
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// A token with a right signature over whatever these texts are: what stands between it and us is only strictness.
fn signed(header: &str, claims: &str) -> String {
    let data = format!("{}.{}", base64(header), base64(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap();
    mac.update(data.as_bytes());
    format!("{data}.{}", base64(mac.finalize().into_bytes()))
}

fn verify(token: &str) -> Result<AccessClaims, TokenError> {
    keyring().verify(token, NOW_MS)
}

#[test]
fn reads_back_what_it_issued() {
    let Grant { user_id, session_id, token_id } = grant();
    let expected = AccessClaims { user_id, session_id, token_id, issued_at: NOW, expires_at: NOW + 1_800 };
    assert_eq!(verify(&issued()), Ok(expected.clone()));
    assert_eq!(verify(&signed(&header().to_string(), &claims().to_string())), Ok(expected));
}

#[test]
fn s28_golden_token_and_key_id() {
    // Computed apart from this code; a change here signs everybody out.
    assert_eq!(keyring().current.id(), "ybI4UUwx");
    assert_eq!(verify(GOLDEN).map(|claims| claims.user_id), Ok(grant().user_id));
    let issued = issued();
    let segments: Vec<_> = issued.split('.').map(|part| Base64UrlUnpadded::decode_vec(part).unwrap()).collect();
    let read = |at: usize| serde_json::from_slice::<Value>(&segments[at]).unwrap();
    assert_eq!((read(0), read(1)), (header(), claims()));
}

#[test]
fn a_key_needs_thirty_two_bytes_and_prints_nothing_of_them() {
    assert!(SigningKey::new(&SECRET[..31]).is_none());
    let text = format!("{:?}", keyring());
    assert!(!text.contains("0123456789abcdef") && !text.contains("48, 49"), "{text}");
}

#[test]
fn accepts_the_previous_key_and_signs_with_the_current_one() {
    let rotated = Keyring {
        current: SigningKey::new(OTHER).unwrap(),
        previous: Some(SigningKey::new(SECRET).unwrap()),
        ..keyring()
    };
    assert!(rotated.verify(&issued(), NOW_MS).is_ok());
    let new = rotated.issue(&grant(), NOW_MS, 60).unwrap();
    assert!(rotated.verify(&new, NOW_MS).is_ok());
    assert_eq!(verify(&new), Err(TokenError::UnknownKey));
    let dropped = Keyring { previous: None, ..rotated };
    assert_eq!(dropped.verify(&issued(), NOW_MS), Err(TokenError::UnknownKey));
}

#[test]
fn is_valid_from_its_second_to_its_last_and_no_longer() {
    let at = |seconds: i64| keyring().verify(&issued(), seconds * 1_000);
    assert!(at(NOW).is_ok());
    assert!(at(NOW + 1_799).is_ok());
    assert_eq!(at(NOW + 1_800), Err(TokenError::Expired));
    assert_eq!(keyring().verify(&issued(), (NOW + 1_800) * 1_000 - 1).map(|_| ()), Ok(()));
    // another machine's clock may be five seconds behind, not six
    assert!(at(NOW - 5).is_ok());
    assert_eq!(at(NOW - 6), Err(TokenError::NotYet));
    assert_eq!(keyring().verify(&issued(), i64::MIN), Err(TokenError::NotYet));
    assert_eq!(keyring().verify(&issued(), i64::MAX), Err(TokenError::Expired));
}

#[test]
fn issues_nothing_that_it_would_not_take() {
    for lifetime in [i64::MIN, -1, 0, 86_401, i64::MAX] {
        assert_eq!(keyring().issue(&grant(), NOW_MS, lifetime), Err(TokenError::Claims));
    }
    for now in [i64::MIN, -1, i64::MAX] {
        assert_eq!(keyring().issue(&grant(), now, 60), Err(TokenError::Claims));
    }
    let nobody = Grant { user_id: String::new(), ..grant() };
    assert_eq!(keyring().issue(&nobody, NOW_MS, 60), Err(TokenError::Claims));
}

#[test]
fn s16_refuses_claims_of_wrong_type_missing_negative_or_huge() {
    let strange = [
        json!(null),
        json!(true),
        json!(""),
        json!("1767324845"),
        json!("9999999999"),
        json!([]),
        json!([NOW + 60]),
        json!({}),
        json!(-1),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(i64::MAX),
        json!(253_402_300_800_i64),
        json!(1_767_324_845.0),
        json!(1.5),
    ];
    for name in ["exp", "iat", "nbf"] {
        for value in &strange {
            let token = signed(&header().to_string(), &with(claims(), name, value.clone()).to_string());
            assert_eq!(verify(&token), Err(TokenError::Claims), "{name} {value}");
        }
    }
    let strange =
        [json!(null), json!(1), json!(["edgekeep"]), json!({}), json!(""), json!("Edgekeep"), json!("edgekeep ")];
    for name in ["iss", "aud", "sub", "jti", "sid"] {
        for value in &strange {
            let token = signed(&header().to_string(), &with(claims(), name, value.clone()).to_string());
            assert_eq!(verify(&token), Err(TokenError::Claims), "{name} {value}");
        }
    }
    for name in ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "sid"] {
        let token = signed(&header().to_string(), &without(claims(), name).to_string());
        assert_eq!(verify(&token), Err(TokenError::Claims), "{name}");
    }
}

#[test]
fn s16_refuses_numbers_that_json_has_no_name_for() {
    let text = claims().to_string();
    let exp = format!("\"exp\":{}", NOW + 1_800);
    assert!(text.contains(&exp));
    for number in ["NaN", "Infinity", "1e99", "1767324845e0", "1767324845.0", "+1767324845", "01767324845", "0x69"] {
        let token = signed(&header().to_string(), &text.replace(&exp, &format!("\"exp\":{number}")));
        assert_eq!(verify(&token), Err(TokenError::Claims), "{number}");
    }
}

#[test]
fn s16_refuses_claims_that_come_twice_are_unknown_or_contradict_each_other() {
    let text = claims().to_string();
    let longer = text.replacen('{', &format!("{{\"exp\":{},", NOW + 9_999), 1);
    for claims in [
        longer,
        text.replacen('{', "{\"sub\":\"018cc251-f400-7000-8000-00000000000f\",", 1),
        with(claims(), "role", json!("admin")).to_string(),
        with(claims(), "exp", json!(NOW)).to_string(),
        with(claims(), "exp", json!(NOW + 86_401)).to_string(),
        with(claims(), "nbf", json!(NOW - 1)).to_string(),
        with(claims(), "nbf", json!(NOW + 1_800)).to_string(),
        with(claims(), "aud", json!(["edgekeep", "other"])).to_string(),
        with(claims(), "sub", json!("018CC251-F400-7000-8000-000000000001")).to_string(),
        format!("[{text}]"),
        r#"["edgekeep","018cc251-f400-7000-8000-000000000001"]"#.to_owned(),
        format!("{text} {text}"),
        format!("\u{feff}{text}"),
        String::new(),
        "null".to_owned(),
        "\"\"".to_owned(),
    ] {
        assert_eq!(verify(&signed(&header().to_string(), &claims)), Err(TokenError::Claims), "{claims}");
    }
    let later = json!({"iat": NOW + 6, "nbf": NOW + 6, "exp": NOW + 60});
    let mut claims = claims();
    later.as_object().unwrap().iter().for_each(|(name, value)| claims[name] = value.clone());
    assert_eq!(verify(&signed(&header().to_string(), &claims.to_string())), Err(TokenError::NotYet));
}

#[test]
fn s17_refuses_every_header_but_ours_even_when_rightly_signed() {
    let kid = keyring().current.id().to_owned();
    for value in
        ["none", "None", "NONE", "NoNe", "nOnE", "", "hs256", "HS384", "HS512", "RS256", "ES256", "PS256", "EdDSA"]
    {
        let token = signed(&with(header(), "alg", json!(value)).to_string(), &claims().to_string());
        assert_eq!(verify(&token), Err(TokenError::Header), "{value}");
    }
    for value in [json!(null), json!(1), json!(["HS256"]), json!({"HS256": 1})] {
        for name in ["alg", "typ", "kid"] {
            let token = signed(&with(header(), name, value.clone()).to_string(), &claims().to_string());
            assert_eq!(verify(&token), Err(TokenError::Header), "{name} {value}");
        }
    }
    for name in ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256", "crit", "b64", "cty", "zip", "enc", "p2c", "ALG"] {
        for value in [json!("https://evil.example/keys"), json!({"kty": "oct", "k": ""}), json!(null), json!(["exp"])] {
            let token = signed(&with(header(), name, value).to_string(), &claims().to_string());
            assert_eq!(verify(&token), Err(TokenError::Header), "{name}");
        }
    }
    for name in ["alg", "typ", "kid"] {
        let token = signed(&without(header(), name).to_string(), &claims().to_string());
        assert_eq!(verify(&token), Err(TokenError::Header), "{name}");
    }
    for typ in ["jwt", "at+jwt", "JWE", "refresh"] {
        let token = signed(&with(header(), "typ", json!(typ)).to_string(), &claims().to_string());
        assert_eq!(verify(&token), Err(TokenError::Header), "{typ}");
    }
    for header in [
        format!(r#"{{"alg":"none","alg":"HS256","typ":"JWT","kid":"{kid}"}}"#),
        format!(r#"{{"alg":"HS256","typ":"JWT","kid":"{kid}","alg":"none"}}"#),
        format!(r#"["HS256","JWT","{kid}"]"#),
        "{}".to_owned(),
        String::new(),
    ] {
        assert_eq!(verify(&signed(&header, &claims().to_string())), Err(TokenError::Header), "{header}");
    }
}

#[test]
fn s17_refuses_key_ids_that_are_not_ours() {
    for kid in ["", "../", "../../dev/null", "/dev/null", "' OR 1=1 --", "a\0", &keyring().current.id()[..7]] {
        let token = signed(&with(header(), "kid", json!(kid)).to_string(), &claims().to_string());
        assert_eq!(verify(&token), Err(TokenError::UnknownKey), "{kid}");
    }
}

#[test]
fn s17_refuses_empty_zero_cut_and_foreign_signatures() {
    let token = issued();
    let (data, signature) = token.rsplit_once('.').unwrap();
    let bytes = Base64UrlUnpadded::decode_vec(signature).unwrap();
    let foreign = Keyring { current: SigningKey { key: Hs256Key::new(OTHER), ..keyring().current }, ..keyring() };
    let foreign = foreign.issue(&grant(), NOW_MS, 1_800).unwrap();
    let mut long = bytes.clone();
    long.push(0);
    for bad in [
        String::new(),
        base64([0; 32]),
        base64([0xff; 32]),
        base64(&bytes[..31]),
        base64(&bytes[..16]),
        base64(long),
        base64(bytes.iter().rev().copied().collect::<Vec<_>>()),
        base64(Sha256::digest(data)),
        foreign.rsplit('.').next().unwrap().to_owned(),
    ] {
        assert_eq!(verify(&format!("{data}.{bad}")), Err(TokenError::Signature), "{bad}");
    }
}

#[test]
fn s17_refuses_another_shape_of_a_good_token() {
    let token = issued();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    for bad in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{signature}."),
        format!(".{header}.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}.{signature}"),
        format!("{claims}.{header}.{signature}"),
        format!("{signature}.{claims}.{header}"),
        format!("{header}..{signature}"),
        format!(".{claims}.{signature}"),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{token}="),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}==.{signature}"),
        token.replace('.', ":"),
        format!("Bearer {token}"),
        "a".repeat(4_097),
        "é.é.é".to_owned(),
    ] {
        assert!(verify(&bad).is_err(), "{bad}");
    }
    let padded = with(super::tests::claims(), "iss", json!("e".repeat(4_000)));
    assert_eq!(verify(&signed(&super::tests::header().to_string(), &padded.to_string())), Err(TokenError::Malformed));
}

#[test]
fn s17_refuses_other_spellings_of_the_same_bits() {
    let token = issued();
    // 32 bytes leave two unused bits in the last of 43 characters.
    let last = token.chars().next_back().unwrap();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let at = alphabet.find(last).unwrap();
    for other in 1..4 {
        let twin = alphabet.chars().nth(at ^ other).unwrap();
        assert_eq!(verify(&format!("{}{twin}", &token[..token.len() - 1])), Err(TokenError::Malformed));
    }
    let standard = token.replace('-', "+").replace('_', "/");
    assert!(standard == token || verify(&standard).is_err());
}

proptest! {
    #[test]
    fn s17_no_changed_character_passes(at in any::<prop::sample::Index>(), c in "[A-Za-z0-9_.=-]") {
        let token = issued();
        let at = at.index(token.len());
        prop_assume!(token[at..=at] != c);
        let changed = [&token[..at], &c, &token[at + 1..]].concat();
        prop_assert!(verify(&changed).is_err());
    }

    #[test]
    fn issues_and_verifies_whatever_the_time(now in 0..200_000_000_000_000_i64, lifetime in 1_i64..=86_400, later in 0_i64..100_000_000) {
        let token = keyring().issue(&grant(), now, lifetime).unwrap();
        prop_assert!(token.len() < 700);
        let alive = (now + later).div_euclid(1_000) < now.div_euclid(1_000) + lifetime;
        prop_assert_eq!(keyring().verify(&token, now + later).is_ok(), alive);
    }

    #[test]
    fn answers_any_text(text in any::<String>(), now in any::<i64>()) {
        prop_assert!(keyring().verify(&text, now).is_err());
    }

    #[test]
    fn answers_any_signed_json(header in "\\{[\"a-z:,0-9\\[\\]{}]{0,40}\\}", claims in "\\{[\"a-z:,0-9\\[\\]{}]{0,60}\\}") {
        prop_assert!(verify(&signed(&header, &claims)).is_err());
        prop_assert!(verify(&signed(&super::tests::header().to_string(), &claims)).is_err());
    }
}
