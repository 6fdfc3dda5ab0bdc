//! Client addresses as limits count them: one text per client, whatever the spelling.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The subject of limits for a `CF-Connecting-IP` header.
///
/// IPv4 stays as it is. IPv6 is cut to its /64, since that is the least that one client is given. Addresses that carry an
/// IPv4 address count as that one: mapped (`::ffff:0:0/96`), NAT64 (`64:ff9b::/96`, else all clients of a translator would
/// be one) and 6to4 (`2002::/16`, else one IPv4 address would be 65,536 clients). Everything else, and a missing header,
/// is [`UNKNOWN`]: one bucket for all, so that hiding the address gains nothing.
#[must_use]
pub fn subject(header: Option<&str>) -> String {
    match header.map(|text| text.trim_matches(' ').parse()) {
        Some(Ok(IpAddr::V4(address))) => address.to_string(),
        Some(Ok(IpAddr::V6(address))) => subject_of_v6(address),
        Some(Err(_)) | None => UNKNOWN.to_owned(),
    }
}

/// The subject that everyone without a readable address shares.
pub const UNKNOWN: &str = "unknown";

fn subject_of_v6(address: Ipv6Addr) -> String {
    let [a, b, c, d, e, f, g, h] = address.segments();
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => v4(g, h).to_string(),
        (0x2002, ..) => v4(b, c).to_string(),
        _ => format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)),
    }
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn s3_gives_all_spellings_of_one_client_one_subject() {
        for (header, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            (" 203.0.113.7 ", "203.0.113.7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
            ("::FFFF:cb00:7107", "203.0.113.7"),
            ("0:0:0:0:0:ffff:203.0.113.7", "203.0.113.7"),
            ("64:ff9b::203.0.113.7", "203.0.113.7"),
            ("2002:cb00:7107::1", "203.0.113.7"),
            ("2002:cb00:7107:ffff::1", "203.0.113.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2:FFFF:ffff:ffff:ffff", "2001:db8:1:2::/64"),
            ("2001:0db8:0001:0002:0000:0000:0000:0001", "2001:db8:1:2::/64"),
            ("::1", "::/64"),
        ] {
            assert_eq!(subject(Some(header)), expected, "{header}");
        }
    }

    #[test]
    fn s4_puts_missing_and_unreadable_addresses_into_one_bucket() {
        for header in [
            "",
            " ",
            "unknown",
            "1.2.3",
            "1.2.3.4.5",
            "01.2.3.4",
            "1.2.3.4:80",
            "[::1]",
            "[::1]:80",
            "fe80::1%eth0",
            "1.2.3.4, 5.6.7.8",
            "1.2.3.4\u{a0}",
            "1.2.3.4/32",
            "0x7f000001",
            "2130706433",
        ] {
            assert_eq!(subject(Some(header)), UNKNOWN, "{header}");
        }
        assert_eq!(subject(None), UNKNOWN);
    }

    proptest! {
        #[test]
        fn s3_rotating_within_a_64_changes_nothing(prefix in any::<u64>(), one in any::<u64>(), other in any::<u64>()) {
            // The mapped and translated ranges carry their client in the lower half.
            prop_assume!(prefix != 0 && prefix != 0x0064_ff9b_0000_0000);
            let at = |host: u64| Ipv6Addr::from(u128::from(prefix) << 64 | u128::from(host)).to_string();
            prop_assert_eq!(subject(Some(&at(one))), subject(Some(&at(other))));
        }

        #[test]
        fn s3_mapped_is_the_plain_address(address in any::<[u8; 4]>()) {
            let plain = Ipv4Addr::from(address);
            prop_assert_eq!(subject(Some(&plain.to_ipv6_mapped().to_string())), plain.to_string());
        }

        #[test]
        fn answers_any_text_shortly(text in "\\PC{0,60}") {
            prop_assert!(subject(Some(&text)).len() <= 43);
        }
    }
}
