use proptest::prelude::*;

use super::*;

fn checked(password: &str) -> Result<(), PasswordProblem> {
    let email = Email::parse("ada.lovelace1815@analytical-engine.example").unwrap();
    let name = DisplayName::parse("Ada King, Zoë von Lovelace").unwrap();
    check(password, Some(&email), Some(&name))
}

#[test]
fn refuses_common_passwords_and_what_people_make_of_them() {
    for password in [
        "password1234",
        "Password1234",
        "PASSWORD1234!",
        "P@ssw0rd1234",
        "p4$$w0rd2026!",
        "drowssap1234",
        "passwordpassword",
        "letmein12345",
        "iloveyou1234",
        "Welcome2026!",
        "Summer2026!!",
        "Sommer!!2026",
        "monkeydragon",
        "football-1999",
        "jennifer19870412",
        "12041987jennifer",
        "princess!!!!!!",
        "1qaz2wsx3edc",
        "ghbdtnrfrltkf",
        "devilmaycry4",
        "Pässwörd1234",
        "adminadmin12",
        "changeme1234",
        "trustno1trustno1",
    ] {
        assert_eq!(checked(password), Err(PasswordProblem::Common), "{password}");
    }
}

#[test]
fn refuses_repetitions_sequences_and_keyboard_walks() {
    for password in [
        "aaaaaaaaaaaa",
        "zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz",
        "abcabcabcabc",
        "xqxqxqxqxqxqxqxq",
        "kfoekfoekfoe",
        "abcdefghijklmnop",
        "zyxwvutsrqpo",
        "acegikmoqsuwy",
        "345678901234",
        "asdfghjkl;'asdf",
        "zxcvbnm,./zxcvbnm,./",
        "QAZWSXEDCRFVTGB",
        "!@#$%^&*()_+",
        "198704121987",
        "абвгдежзийкл",
    ] {
        assert!(matches!(checked(password), Err(PasswordProblem::Pattern | PasswordProblem::Common)), "{password}");
    }
    assert_eq!(checked("xqxqxqxqxqxqxqxq"), Err(PasswordProblem::Pattern));
    assert_eq!(checked(&"a".repeat(256)), Err(PasswordProblem::Pattern));
    assert_eq!(checked(&"0123456789".repeat(25)), Err(PasswordProblem::Pattern));
}

#[test]
fn refuses_what_is_made_of_the_person_or_the_service() {
    for password in [
        "ada.lovelace1815",
        "adalovelace1815",
        "LovelaceAda!!",
        "ecalevol.ada",
        "ada.lovelace1815@analytical-engine.example",
        "analytical-engine",
        "AnalyticalEngine42",
        "l0v3l4c3-1815",
        "edgekeep-2026",
        "Edgekeep2026!",
        "edgekeepedgekeep",
        "3dg3k33p12345",
        "ZoëVonLovelace",
        "zoevonlovelace1",
    ] {
        let answer = checked(password);
        assert!(matches!(answer, Err(PasswordProblem::Personal | PasswordProblem::Common)), "{password} {answer:?}");
    }
    assert_eq!(checked("ecalevol.ada"), Err(PasswordProblem::Personal));
}

#[test]
fn takes_good_passwords_of_every_kind() {
    for password in [
        "correct horse battery staple",
        "correcthorsebattery",
        "umbrella-teapot-42-gravel",
        "kqzvhwnbxjtr",
        "Tr0ub4dor&3-Xq",
        "V7#nq2!xLm9p",
        "8f14e45fceea167a",
        "lovelace umbrella teapot gravel",
        "zażółć gęślą jaźń",
        "Пять рыжих кошек",
        "电脑桌子苹果香蕉西瓜葡萄",
        "my dog barks at the moon in june",
        "748201936457",
    ] {
        assert_eq!(checked(password), Ok(()), "{password}");
    }
}

#[test]
fn a_person_without_a_name_and_with_a_short_address_is_no_problem() {
    let email = Email::parse("a@b.example").unwrap();
    assert_eq!(check("kqzvhwnbxjtr", Some(&email), None), Ok(()));
    assert_eq!(check("example1example2", Some(&email), None), Err(PasswordProblem::Personal));
}

#[test]
fn s27_the_work_for_the_longest_passwords_is_bounded() {
    for unit in ["4@(3!1|0$5+7269", "p4ssw0rd", "1", "qazxsw", "qw", "abcdefghijklmnopqrstuvwxyz", "ab12"] {
        let chars: Vec<char> = unit.chars().cycle().take(256).collect();
        let mut pieces = Pieces(vec![Vec::new(); chars.len()]);
        words::Text::of(&chars).common(&mut pieces);
        pattern::Text::of(&chars).find(&mut pieces);
        let count: usize = pieces.0.iter().map(Vec::len).sum();
        assert!(count <= 50_000, "{unit}: {count}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn answers_any_text(text in "\\PC{0,60}") {
        let _ = checked(&text);
    }

    #[test]
    fn takes_sixteen_random_letters(text in "[a-z]{16}") {
        // Chance makes the odd short word; it cannot make the whole cheap.
        prop_assume!(text.chars().collect::<std::collections::HashSet<_>>().len() > 7);
        prop_assert_eq!(checked(&text), Ok(()));
    }

    #[test]
    fn adding_random_letters_to_a_good_password_never_spoils_it(tail in "[a-zA-Z0-9]{0,20}") {
        prop_assert_eq!(checked(&format!("kqzvhwnbxjtr{tail}")), Ok(()));
    }

    #[test]
    fn refuses_every_repetition_of_up_to_four_letters(unit in "[a-z]{1,4}", times in 6_usize..40) {
        prop_assert!(checked(&unit.repeat(times)).is_err());
    }
}
