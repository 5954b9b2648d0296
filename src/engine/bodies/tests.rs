//! Which folders a pattern of `offline-folders` means.

use super::*;

#[test]
fn patterns_match_whole_names() {
    for (pattern, name, expected) in [
        ("Lists/*", "Lists/rust", true),
        ("Lists/*", "Lists", false),
        ("*", "anything", true),
        ("INBOX", "INBOX", true),
        ("INBOX", "INBOX/x", false),
        ("*/2024", "Archive/2024", true),
        ("A*c*e", "Archive", true),
        ("A*x*e", "Archive", false),
        ("A*c*e", "A-c-e", true),
        ("a**b", "ab", true),
        ("", "", true),
    ] {
        assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
    }
}
