use proptest::prelude::*;

use super::*;

const RULES: PasswordRules = PasswordRules { min_length: 12 };

fn new_password(text: &str) -> Result<NewPassword, PasswordProblem> {
    NewPassword::parse(text, &RULES, Some(&Email::parse("ada@example.org").unwrap()), None)
}

#[test]
fn s27_takes_256_code_points_in_full_and_refuses_one_more() {
    for unit in ["k", "é", "漢", "😀"] {
        let longest = unit.repeat(256);
        assert_eq!(Password::parse(&longest).unwrap().expose(), longest);
        assert_eq!(Password::parse(&unit.repeat(257)), Err(PasswordProblem::TooLong));
    }
}

#[test]
fn s27_keeps_every_character_including_nul_and_those_past_the_72nd_byte() {
    let head = "v".repeat(80);
    assert_ne!(Password::parse(&format!("{head}a")), Password::parse(&format!("{head}b")));
    assert_ne!(Password::parse("abc\0def"), Password::parse("abc\0xyz"));
    assert_eq!(Password::parse(" spaces stay ").unwrap().expose(), " spaces stay ");
}

#[test]
fn s27_refuses_megabytes_before_normalising() {
    assert_eq!(Password::parse(&"\u{fdfa}".repeat(1_000_000)), Err(PasswordProblem::TooLong));
}

#[test]
fn counts_code_points_after_normalising() {
    // 256 times e and a combining accent compose to 256; one ligature of eighteen letters expands
    assert!(Password::parse(&"e\u{301}".repeat(256)).is_ok());
    assert!(Password::parse(&"\u{fdfa}".repeat(14)).is_ok());
    assert_eq!(Password::parse(&"\u{fdfa}".repeat(15)), Err(PasswordProblem::TooLong));
}

#[test]
fn the_same_password_typed_on_another_system_is_the_same() {
    assert_eq!(Password::parse("Zoe\u{308}"), Password::parse("Zoë"));
    assert_eq!(Password::parse("ｐａｓｓ"), Password::parse("pass"));
}

#[test]
fn log_in_takes_what_registration_would_not() {
    assert!(Password::parse("password").is_ok());
    assert_eq!(Password::parse(""), Err(PasswordProblem::Empty));
}

#[test]
fn a_new_password_has_a_minimum_in_code_points() {
    assert_eq!(new_password("kqzvhwnbxjt"), Err(PasswordProblem::TooShort { min: 12 }));
    assert!(new_password("kqzvhwnbxjtr").is_ok());
    assert_eq!(new_password("漢字"), Err(PasswordProblem::TooShort { min: 12 }));
    assert_eq!(new_password(""), Err(PasswordProblem::Empty));
    assert_eq!(new_password(&"k".repeat(257)), Err(PasswordProblem::TooLong));
}

#[test]
fn a_new_password_is_not_one_that_is_tried_first() {
    assert_eq!(new_password("password1234"), Err(PasswordProblem::Common));
    assert_eq!(new_password("aaaaaaaaaaaaaa"), Err(PasswordProblem::Pattern));
    assert_eq!(new_password("ada@example.org!"), Err(PasswordProblem::Personal));
}

#[test]
fn s27_sixty_four_code_points_and_more_work_in_full() {
    let long: String = "the quick brown fox jumps over a lazy dog while seven wizards watch from the hill".into();
    assert!(long.chars().count() > 64);
    assert_eq!(new_password(&long).unwrap().into_password().expose(), long);
}

#[test]
fn prints_nothing_of_passwords_and_hashes() {
    let new = new_password("kqzvhwnbxjtr").unwrap();
    assert_eq!(format!("{new:?}"), "NewPassword(Password(..))");
    assert_eq!(format!("{:?}", PhcString::stored("$argon2id$x".into())), "PhcString(..)");
}

#[test]
fn every_problem_says_what_to_do() {
    use PasswordProblem::{Common, Empty, Pattern, Personal, TooLong, TooShort};
    for problem in [Empty, TooShort { min: 12 }, TooLong, Common, Personal, Pattern] {
        assert!(problem.to_string().contains("Use") || problem == Empty, "{problem}");
    }
    assert!(TooShort { min: 12 }.to_string().contains("12"));
}

proptest! {
    #[test]
    fn what_is_read_is_normal_and_within_bounds(text in any::<String>()) {
        if let Ok(password) = Password::parse(&text) {
            prop_assert_eq!(Password::parse(password.expose()), Ok(password.clone()));
            prop_assert!((1..=256).contains(&password.expose().chars().count()));
        }
        let _ = new_password(&text);
    }
}
