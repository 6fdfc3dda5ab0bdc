//! Password hashes: the code that the hashers run, on this machine.
#![cfg(not(target_arch = "wasm32"))]
#![expect(clippy::unwrap_used, reason = "a test")]

mod argon2;

use edgekeep::domain::password::PhcString;
use edgekeep::hashing::{Comparison, Cost, Failure, Memory, dummy, hash, verify};

const SALT: [u8; 16] = *b"sixteen letters!";

#[test]
fn computes_what_the_reference_implementation_computes() {
    // One memory for all, large and small: what is left in it from the hash before must not matter.
    let mut memory = Memory::new();
    for (password, phc) in argon2::REFERENCE {
        let stored = PhcString::stored(phc.into());
        let found = verify(&mut memory, password.as_bytes(), &stored, Cost::FLOOR).unwrap();
        assert_eq!(found, Comparison { matches: true, outdated: true }, "{phc}");
        assert!(!verify(&mut memory, b"Password", &stored, Cost::FLOOR).unwrap().matches, "{phc}");
    }
    let (tag, expected) = argon2::rfc_9106();
    assert_eq!(tag, expected);
}

#[test]
fn writes_a_phc_string_and_knows_it_again() {
    let mut memory = Memory::new();
    let stored = hash(&mut memory, "correct horse".as_bytes(), &SALT, Cost::FLOOR).unwrap();
    assert_eq!(stored.expose(), argon2::CORRECT_HORSE);
    let right = verify(&mut memory, b"correct horse", &stored, Cost::FLOOR).unwrap();
    assert_eq!(right, Comparison { matches: true, outdated: false });
    let wrong = verify(&mut memory, b"correct horse ", &stored, Cost::FLOOR).unwrap();
    assert_eq!(wrong, Comparison { matches: false, outdated: false });
}

#[test]
fn counts_as_outdated_what_was_made_with_another_cost() {
    let mut memory = Memory::new();
    let stored = hash(&mut memory, b"correct horse", &SALT, Cost::FLOOR).unwrap();
    for now in [Cost { passes: 3, ..Cost::FLOOR }, Cost { memory_kib: 20_480, ..Cost::FLOOR }] {
        assert_eq!(
            verify(&mut memory, b"correct horse", &stored, now),
            Ok(Comparison { matches: true, outdated: true })
        );
    }
}

#[test]
fn hashes_nothing_below_the_floor_or_above_the_ceiling() {
    let (floor, ceiling) = (Cost::FLOOR, Cost::CEILING);
    for cost in [
        Cost { memory_kib: floor.memory_kib - 1, ..floor },
        Cost { passes: floor.passes - 1, ..floor },
        Cost { lanes: 0, ..floor },
        Cost { memory_kib: ceiling.memory_kib + 1, ..floor },
        Cost { passes: ceiling.passes + 1, ..floor },
        Cost { lanes: ceiling.lanes + 1, ..floor },
    ] {
        assert_eq!(hash(&mut Memory::new(), b"correct horse", &SALT, cost), Err(Failure::CostNotAllowed), "{cost:?}");
        assert_eq!(dummy(cost), Err(Failure::CostNotAllowed));
    }
    assert!(ceiling.is_allowed());
}

#[test]
fn refuses_a_stored_hash_that_costs_too_much_or_is_none() {
    let cases = [
        (
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            Failure::CostNotAllowed,
        ),
        (
            "$argon2id$v=19$m=19456,t=4000000000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            Failure::CostNotAllowed,
        ),
        (
            "$argon2id$v=19$m=65536,t=2,p=255$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
            Failure::CostNotAllowed,
        ),
        ("$argon2id$v=19$m=0,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", Failure::Unreadable),
        ("$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", Failure::Unreadable),
        ("$argon2id$v=16$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", Failure::Unreadable),
        ("$argon2id$m=19456,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", Failure::Unreadable),
        ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ", Failure::Unreadable),
        ("$argon2id$v=19$m=19456,t=2,p=1", Failure::Unreadable),
        ("$2b$12$abcdefghijklmnopqrstuv", Failure::Unreadable),
        ("correct horse", Failure::Unreadable),
        ("", Failure::Unreadable),
    ];
    for (phc, expected) in cases {
        let found = verify(&mut Memory::new(), b"password", &PhcString::stored(phc.into()), Cost::FLOOR);
        assert_eq!(found, Err(expected), "{phc}");
    }
}

#[test]
fn gives_unknown_accounts_a_hash_that_costs_the_same_and_matches_nothing() {
    let cost = Cost { memory_kib: 20_000, passes: 3, lanes: 1 };
    let decoy = dummy(cost).unwrap();
    assert_eq!(decoy, dummy(cost).unwrap());
    assert!(decoy.expose().starts_with("$argon2id$v=19$m=20000,t=3,p=1$"));
    let real = hash(&mut Memory::new(), b"correct horse", &SALT, cost).unwrap();
    assert_eq!(decoy.expose().len(), real.expose().len());
    let found = verify(&mut Memory::new(), b"correct horse", &decoy, cost).unwrap();
    assert_eq!(found, Comparison { matches: false, outdated: false });
}
