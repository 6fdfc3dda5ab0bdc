//! Forged, stale and twisted access tokens, each before a live session and otherwise right.

use base64ct::{Base64UrlUnpadded, Encoding as _};
use hmac::{Hmac, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::World;
use crate::support::clock::START_MS;
use crate::support::world::{Person, SECRET, segment};

const NOW: i64 = START_MS / 1000;

fn base64(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

fn signature(secret: &str, input: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(input.as_bytes());
    base64(mac.finalize().into_bytes())
}

fn signed_with(secret: &str, header: &str, claims: &str) -> String {
    let input = format!("{}.{}", base64(header), base64(claims));
    format!("{input}.{}", signature(secret, &input))
}

fn signed(header: &Value, claims: &Value) -> String {
    signed_with(SECRET, &header.to_string(), &claims.to_string())
}

struct Scene {
    world: World,
    person: Person,
    header: Value,
    claims: Value,
}

impl Scene {
    async fn set() -> Self {
        let world = World::new();
        let person = world.someone("ada@example.com").await;
        let (header, claims) = (segment(&person.access_token, 0), segment(&person.access_token, 1));
        let scene = Self { world, person, header, claims };
        let control = signed(&scene.header, &scene.claims);
        scene.world.me(&control).await.expect(200); // the forger's hand is good
        scene
    }

    async fn refuses(&self, token: &str, why: &str) {
        let answer = self.world.me(token).await;
        assert_eq!(answer.status, 401, "{why}: {}", answer.body_text());
        assert_eq!(answer.text("/code"), "unauthenticated");
    }

    fn claims_with(&self, name: &str, value: Value) -> Value {
        let mut claims = self.claims.clone();
        claims[name] = value;
        claims
    }
}

#[tokio::test]
async fn s16_times_of_another_type_or_out_of_this_world_are_refused() {
    let scene = Scene::set().await;
    let values = |good: i64| {
        vec![
            json!(good.to_string()),
            json!(good as f64 + 0.5),
            json!(null),
            json!(true),
            json!([good]),
            json!({"at": good}),
            json!(-good),
            json!(-1),
            json!(i64::MAX),
            json!(u64::MAX),
            json!(253_402_300_800_i64),
            json!(1e300),
            json!(""),
            json!("never"),
        ]
    };
    for claim in ["exp", "nbf", "iat"] {
        for value in values(NOW + 60) {
            let token = signed(&scene.header, &scene.claims_with(claim, value.clone()));
            scene.refuses(&token, &format!("{claim}: {value}")).await;
        }
    }
    for raw in ["NaN", "Infinity", "1e999", "0x7fffffff", "01767330000", "1767330000.0", "1.76733e9", "-0"] {
        let text = scene.claims.to_string().replace(&scene.claims["exp"].to_string(), raw);
        scene.refuses(&signed_with(SECRET, &scene.header.to_string(), &text), raw).await;
    }
}

#[tokio::test]
async fn s16_claims_that_are_missing_doubled_or_unknown_are_refused() {
    let scene = Scene::set().await;
    for claim in ["iss", "sub", "aud", "exp", "iat", "nbf", "jti", "sid"] {
        let mut claims = scene.claims.clone();
        claims.as_object_mut().unwrap().remove(claim).unwrap();
        scene.refuses(&signed(&scene.header, &claims), &format!("without {claim}")).await;
        let text = scene.claims.to_string();
        let doubled = text.replacen('{', &format!("{{\"{claim}\":{},", scene.claims[claim]), 1);
        let token = signed_with(SECRET, &scene.header.to_string(), &doubled);
        scene.refuses(&token, &format!("{claim} twice")).await;
        for value in [json!(null), json!(7), json!(""), json!([scene.claims[claim].clone()]), json!("x")] {
            let token = signed(&scene.header, &scene.claims_with(claim, value.clone()));
            scene.refuses(&token, &format!("{claim}: {value}")).await;
        }
    }
    for claim in ["role", "scope", "admin"] {
        let token = signed(&scene.header, &scene.claims_with(claim, json!("admin")));
        scene.refuses(&token, claim).await;
    }
    for claims in ["[]", "{}", "null", "\"\"", "", "{", "{}{}"] {
        scene.refuses(&signed_with(SECRET, &scene.header.to_string(), claims), claims).await;
    }
}

#[tokio::test]
async fn s16_a_token_is_valid_from_its_time_to_its_time() {
    let scene = Scene::set().await;
    for (claims, why) in [
        (json!({"exp": NOW, "iat": NOW - 10, "nbf": NOW - 10}), "expired this second"),
        (json!({"exp": NOW - 1, "iat": NOW - 10, "nbf": NOW - 10}), "expired"),
        (json!({"exp": NOW + 100, "iat": NOW + 60, "nbf": NOW + 60}), "from the future"),
        (json!({"exp": NOW + 60, "iat": NOW, "nbf": NOW + 120}), "ends before it begins"),
        (json!({"exp": NOW + 10 * 365 * 86_400, "iat": NOW, "nbf": NOW}), "for ten years"),
    ] {
        let mut all = scene.claims.clone();
        for (name, value) in claims.as_object().unwrap() {
            all[name] = value.clone();
        }
        scene.refuses(&signed(&scene.header, &all), why).await;
    }
}

#[tokio::test]
async fn s17_no_algorithm_but_the_keys_own_and_no_signature_but_the_right_one() {
    let scene = Scene::set().await;
    let claims = scene.claims.to_string();
    let parts: Vec<_> = scene.person.access_token.split('.').collect();
    for algorithm in [
        "none",
        "None",
        "NoNe",
        "NONE",
        "",
        "hs256",
        "HS384",
        "HS512",
        "RS256",
        "ES256",
        "EdDSA",
        "HS256 ",
        "HS256\u{0}",
        "PS256",
    ] {
        let mut header = scene.header.clone();
        header["alg"] = json!(algorithm);
        scene.refuses(&signed(&header, &scene.claims), &format!("{algorithm}, signed")).await;
        let input = format!("{}.{}", base64(header.to_string()), base64(&claims));
        scene.refuses(&format!("{input}."), &format!("{algorithm}, empty signature")).await;
        scene.refuses(&input, &format!("{algorithm}, no signature")).await;
        scene.refuses(&format!("{input}.{}", parts[2]), &format!("{algorithm}, old signature")).await;
    }
    for value in [json!(null), json!(["HS256"]), json!(256), json!({"name": "HS256"})] {
        let mut header = scene.header.clone();
        header["alg"] = value;
        scene.refuses(&signed(&header, &scene.claims), "algorithm of another type").await;
    }
    let good = format!("{}.{}", parts[0], parts[1]);
    for (wrong, why) in [
        (base64([0; 32]), "all zero"),
        (base64([0xff; 32]), "all ones"),
        (String::new(), "empty"),
        (base64([0; 64]), "zero, twice as long"),
        (parts[2][..42].to_owned(), "cut short"),
        (format!("{}A", parts[2]), "longer"),
        (format!("{}=", parts[2]), "padded"),
        (signature("", &good), "of the empty key"),
        (signature("uaqXxjbb-_0gzVpEkoyIwQh8mZ3cB6rT9sLnF2dWy5N", &good), "of another key"),
        (signature(SECRET, &good[..good.len() - 1]), "of other content"),
    ] {
        scene.refuses(&format!("{good}.{wrong}"), why).await;
    }
    // Each bit counts, including the spare ones of the last character.
    let tail = parts[2].chars().last().unwrap();
    for other in ('A'..='Z').chain('a'..='z').chain('0'..='9').filter(|other| *other != tail) {
        let mut wrong = parts[2].to_owned();
        wrong.pop();
        wrong.push(other);
        scene.refuses(&format!("{good}.{wrong}"), "another last character").await;
    }
}

#[tokio::test]
async fn s17_a_header_that_brings_its_own_key_is_refused() {
    let scene = Scene::set().await;
    for (name, value) in [
        ("jwk", json!({"kty": "oct", "k": base64("attacker")})),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/cert")),
        ("x5c", json!(["MIIB"])),
        ("x5t", json!("x")),
        ("crit", json!(["b64"])),
        ("b64", json!(false)),
        ("zip", json!("DEF")),
        ("enc", json!("A256GCM")),
        ("cty", json!("JWT")),
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("")),
        ("kid", json!(null)),
        ("kid", json!(0)),
        ("kid", json!("' OR '1'='1")),
        ("kid", json!(scene.header["kid"].as_str().unwrap().to_lowercase() + "x")),
        ("typ", json!("at+jwt")),
        ("typ", json!("jwt")),
        ("typ", json!(null)),
    ] {
        let mut header = scene.header.clone();
        header[name] = value.clone();
        scene.refuses(&signed(&header, &scene.claims), &format!("{name}: {value}")).await;
        scene.refuses(&signed_with("", &header.to_string(), &scene.claims.to_string()), "empty key").await;
        let own = signed_with("attacker", &header.to_string(), &scene.claims.to_string());
        scene.refuses(&own, &format!("{name}: {value}, signed by itself")).await;
    }
    for name in ["alg", "typ", "kid"] {
        let mut header = scene.header.clone();
        header.as_object_mut().unwrap().remove(name);
        scene.refuses(&signed(&header, &scene.claims), &format!("without {name}")).await;
    }
    let doubled = scene.header.to_string().replacen('{', "{\"alg\":\"none\",", 1);
    scene.refuses(&signed_with(SECRET, &doubled, &scene.claims.to_string()), "two algorithms").await;
}

#[tokio::test]
async fn s17_there_is_one_spelling_of_a_token() {
    let scene = Scene::set().await;
    let token = &scene.person.access_token;
    for (wrong, why) in [
        (format!("{token}."), "a dot at the end"),
        (format!(".{token}"), "a dot at the beginning"),
        (token.replace('.', ".."), "double dots"),
        (token.replacen('.', "=.", 1), "padding"),
        (token.replacen('.', "\u{200b}.", 1), "a character without width"),
        (token.to_uppercase(), "upper case"),
        (format!("{token}{token}"), "two of them"),
        (format!("{token},{token}"), "a list"),
        ("a.b.c".into(), "nothing"),
        ("..".into(), "dots"),
        ("e30.e30.".into(), "empty objects"),
        ("x".repeat(100_000), "huge"),
        (format!("{token}.{}", "x".repeat(5000)), "a fourth part"),
    ] {
        scene.refuses(&wrong, why).await;
    }
    let spaced = scene.claims.to_string().replace(':', " : ");
    let spaced = signed_with(SECRET, &scene.header.to_string(), &spaced);
    scene.world.me(&spaced).await.expect(200); // signed by us: spaces mean nothing
}

#[tokio::test]
async fn a_token_for_somebody_else_is_not_for_us() {
    let scene = Scene::set().await;
    for (claim, value) in [("iss", "other"), ("aud", "other"), ("iss", "edgekeep "), ("aud", "EDGEKEEP")] {
        scene.refuses(&signed(&scene.header, &scene.claims_with(claim, json!(value))), claim).await;
    }
    let other = World::with(&[("JWT_AUDIENCE", "staging")]);
    let theirs = other.someone("ada@example.com").await;
    scene.refuses(&theirs.access_token, "another installation's").await;
}

#[tokio::test]
async fn tokens_of_the_previous_key_stay_valid_until_they_expire_and_new_ones_are_of_the_new_key() {
    let world = World::new();
    let person = world.someone("ada@example.com").await;
    let next = "n7Qw-Zk3vB0xYtR5sJ8mLpE2hGdC9aUfKoT4iWzXyV1";
    let rotated = world.reconfigured(&[("JWT_SECRET", next), ("JWT_SECRET_PREVIOUS", SECRET)]);
    rotated.me(&person.access_token).await.expect(200);
    let new = Person::of(&rotated.refresh(&person.refresh_token).await.expect(200));
    assert_ne!(segment(&new.access_token, 0)["kid"], segment(&person.access_token, 0)["kid"]);
    let done = rotated.reconfigured(&[("JWT_SECRET", next)]);
    done.me(&new.access_token).await.expect(200);
    done.me(&person.access_token).await.expect_problem(401, "unauthenticated");
    let unrelated = done.reconfigured(&[("JWT_SECRET", "Zr8-qLw3_VtB1nYx6KfJ0sGm5PdHc2EaUo9iTk7WvRz")]);
    unrelated.me(&new.access_token).await.expect(401);
}
