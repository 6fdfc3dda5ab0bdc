//! What differs on WebAssembly: the arithmetic of Argon2 and of the detector, randomness, time, signatures.
#![cfg(target_arch = "wasm32")]
#![expect(clippy::unwrap_used, reason = "a test")]

mod argon2;
mod scores;

use edgekeep::domain::id::new_id;
use edgekeep::domain::password::PhcString;
use edgekeep::domain::token::access::{Grant, Keyring, SigningKey, TokenError};
use edgekeep::hashing::{Comparison, Cost, Memory, hash, verify};
use edgekeep::platform::clock::SystemClock;
use edgekeep::platform::entropy::SystemEntropy;
use edgekeep::ports::{Clock as _, Entropy as _};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_node_experimental);

#[wasm_bindgen_test]
fn argon2_computes_what_the_reference_implementation_computes() {
    let mut memory = Memory::new();
    for (password, phc) in argon2::REFERENCE {
        let found = verify(&mut memory, password.as_bytes(), &PhcString::stored(phc.into()), Cost::FLOOR).unwrap();
        assert_eq!(found, Comparison { matches: true, outdated: true }, "{phc}");
    }
    let (tag, expected) = argon2::rfc_9106();
    assert_eq!(tag, expected);
}

#[wasm_bindgen_test]
fn argon2_makes_the_hash_that_it_makes_natively() {
    let stored = hash(&mut Memory::new(), b"correct horse", b"sixteen letters!", Cost::FLOOR).unwrap();
    assert_eq!(stored.expose(), argon2::CORRECT_HORSE);
}

#[wasm_bindgen_test]
fn the_detector_gives_the_pinned_scores_to_the_bit() {
    for (computed, pinned) in scores::computed_and_pinned() {
        assert_eq!(computed, pinned);
    }
}

#[wasm_bindgen_test]
fn randomness_fills_every_byte_and_does_not_repeat() {
    let draw = || {
        let mut bytes = [0; 32];
        SystemEntropy.fill(&mut bytes).unwrap();
        bytes
    };
    let draws: Vec<_> = (0..64).map(|_| draw()).collect();
    for at in 0..32 {
        assert!(draws.iter().any(|bytes| bytes.get(at) != Some(&0)), "byte {at} is never set");
    }
    let distinct: std::collections::BTreeSet<_> = draws.iter().collect();
    assert_eq!(distinct.len(), draws.len());
}

#[wasm_bindgen_test]
fn time_is_of_this_age_and_goes_on() {
    let before = SystemClock.now_ms();
    assert!((1_577_836_800_000..4_102_444_800_000).contains(&before), "{before} is not in 2020 to 2100");
    // Under the test runner time goes on while code computes; in a Worker it would not.
    let after = (0..100_000_000).map(|_| SystemClock.now_ms()).find(|now| *now != before);
    assert!(after.is_some_and(|after| after > before), "{before} to {after:?}");
}

#[wasm_bindgen_test]
fn an_access_token_is_issued_and_verified() {
    let keyring = Keyring {
        current: SigningKey::new(&[7; 32]).unwrap(),
        previous: None,
        issuer: "edgekeep".into(),
        audience: "edgekeep".into(),
    };
    let now_ms = SystemClock.now_ms();
    let id = || new_id(&SystemEntropy, now_ms).unwrap();
    let grant = Grant { user_id: id(), session_id: id(), token_id: id() };
    let token = keyring.issue(&grant, now_ms, 60).unwrap();
    let claims = keyring.verify(&token, now_ms).unwrap();
    assert_eq!((claims.user_id, claims.token_id), (grant.user_id, grant.token_id));
    assert_eq!(keyring.verify(&token, now_ms + 61_000), Err(TokenError::Expired));
    let stranger = Keyring { current: SigningKey::new(&[8; 32]).unwrap(), ..keyring };
    assert_eq!(stranger.verify(&token, now_ms), Err(TokenError::UnknownKey));
}
