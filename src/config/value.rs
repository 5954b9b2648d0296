//! Single values: sizes, durations, addresses, host names, argument lists. Pure; each gives `None` or a sentence that
//! says what was expected.

use std::net::IpAddr;

/// Reads `2GB`, `512 MiB` or a plain number of bytes. Decimal units are powers of 1000, `KiB` and so on of 1024.
pub fn size_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        "t" | "tb" => 1_000_000_000_000,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "tib" => 1 << 40,
        _ => return None,
    };
    // SQLite counts in 63 bits.
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|bytes| i64::try_from(*bytes).is_ok())
}

/// Reads `2s`, `500ms`, `1m` as milliseconds, at most a day.
pub fn milliseconds(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let factor: u64 = match unit.trim() {
        "ms" => 1,
        "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(factor)
        .filter(|milliseconds| *milliseconds <= 86_400_000)
}

/// Says what is wrong with an address; `None` when it looks like `local@domain`.
pub fn email_problem(address: &str) -> Option<&'static str> {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return Some("an address has an @, as in anna@example.org");
    };
    let strange = |c: char| c.is_control() || c.is_whitespace() || "<>()[],;:\\\"".contains(c);
    if local.is_empty() || domain.is_empty() {
        Some("an address has something before and after its @")
    } else if address.chars().any(strange) || local.contains('@') {
        Some("an address stands alone here, without a name, blanks or brackets")
    } else if domain.split('.').any(str::is_empty) {
        Some("the part after the @ is not a host name")
    } else if address.len() > 254 {
        Some("an address has at most 254 bytes (RFC 5321 §4.5.3.1.3)")
    } else {
        None
    }
}

/// Says what is wrong with a host; `None` for a host name or an IP address.
pub fn host_problem(host: &str) -> Option<&'static str> {
    if host.is_empty() {
        return Some("a host name such as \"imap.example.org\" is expected");
    }
    if host.parse::<IpAddr>().is_ok() {
        return None;
    }
    if host.contains("://") || host.contains('/') {
        return Some("only the host name stands here, without a scheme or a path");
    }
    if host.contains(':') {
        return Some("only the host name stands here; the port is a key of its own");
    }
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label
                .chars()
                .all(|c| c.is_alphanumeric() || c == '-' || c == '_')
    };
    let ok = host.len() <= 253 && host.strip_suffix('.').unwrap_or(host).split('.').all(label);
    (!ok).then_some("this is not a host name")
}

/// Whether a connection to this host never leaves the machine.
pub fn is_loopback(host: &str) -> bool {
    // RFC 6761 §6.3 for `localhost`; its subdomains depend on the resolver and are left out.
    host.eq_ignore_ascii_case("localhost")
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Says what is wrong with a command; `None` for a program and its arguments.
pub fn argv_problem(argv: &[&str]) -> Option<String> {
    match argv {
        [] | ["", ..] => {
            Some("the command is empty; expected a program and its arguments".to_owned())
        }
        [only] if only.contains(char::is_whitespace) && !only.starts_with('/') => {
            let words: Vec<String> = only
                .split_whitespace()
                .map(|word| format!("\"{word}\""))
                .collect();
            Some(format!(
                "a command is a list of a program and its arguments, without a shell; write [{}]",
                words.join(", ")
            ))
        }
        _ if argv.iter().any(|word| word.contains('\0')) => {
            Some("a command cannot contain a NUL".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, bytes) in [
            ("2GB", Some(2_000_000_000)),
            ("512 MiB", Some(536_870_912)),
            ("0", Some(0)),
            ("17", Some(17)),
            ("1k", Some(1000)),
            ("", None),
            ("GB", None),
            ("-1", None),
            ("1.5GB", None),
            ("99999999TB", None),
            ("99999999999999999999", None),
            ("2GBs", None),
            ("2ü", None),
        ] {
            assert_eq!(size_bytes(text), bytes, "{text}");
        }
    }

    #[test]
    fn durations_have_units() {
        for (text, expected) in [
            ("2s", Some(2000)),
            ("500ms", Some(500)),
            ("1 m", Some(60_000)),
            ("0s", Some(0)),
            ("2", None),
            ("s", None),
            ("25h", None),
            ("18446744073709551615h", None),
        ] {
            assert_eq!(milliseconds(text), expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_checked_for_sanity_only() {
        for good in [
            "anna@example.org",
            "a+b@localhost",
            "jörg@müller.example",
            "o'neil@x.y",
        ] {
            assert_eq!(email_problem(good), None, "{good}");
        }
        for bad in [
            "anna",
            "@example.org",
            "anna@",
            "anna@@example.org",
            "Anna <anna@example.org>",
            "a b@example.org",
            "anna@example..org",
            "a\n@x",
        ] {
            assert!(email_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn hosts_are_names_or_addresses_without_a_port() {
        for good in [
            "imap.example.org",
            "localhost",
            "127.0.0.1",
            "::1",
            "example.org.",
            "müller.example",
        ] {
            assert_eq!(host_problem(good), None, "{good}");
        }
        for bad in [
            "",
            "imaps://x",
            "imap.example.org:993",
            "a..b",
            "a b",
            "[::1]",
            "-\u{0}",
        ] {
            assert!(host_problem(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn only_real_loopback_counts_as_loopback() {
        for yes in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1"] {
            assert!(is_loopback(yes), "{yes}");
        }
        for no in [
            "localhost.example.org",
            "127.0.0.1.example.org",
            "10.0.0.1",
            "0.0.0.0",
            "::",
            "128.0.0.1",
        ] {
            assert!(!is_loopback(no), "{no}");
        }
    }
}
