//! File names in a Maildir: what tells a message from all others, and its flags behind `:2,`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::mail::flag::{Flags, SystemFlag};

/// What stands before the flags. The part behind it is the only one that may change.
const INFO: &str = ":2,";

/// Keywords that a Maildir can tell apart: the letters `a` to `z`.
pub const MOST_KEYWORDS: usize = 26;

/// The letters of the system flags, in the order in which they are written. `P` (passed) is a keyword to IMAP.
const LETTERS: [(SystemFlag, char); 5] = [
    (SystemFlag::Draft, 'D'),
    (SystemFlag::Flagged, 'F'),
    (SystemFlag::Answered, 'R'),
    (SystemFlag::Seen, 'S'),
    (SystemFlag::Deleted, 'T'),
];

/// The name without its flags: the same as long as the message lives.
#[must_use]
pub fn base(name: &str) -> &str {
    name.split_once(INFO).map_or(name, |(base, _)| base)
}

/// The seconds since the epoch with which a name begins, by which names are put in order; 0 where there are none.
#[must_use]
pub fn seconds(name: &str) -> u64 {
    let digits = name.split('.').next().unwrap_or_default();
    digits.parse().unwrap_or(0)
}

/// The flags of a name; `keywords` are those of the Maildir, in the order of their letters.
#[must_use]
pub fn flags(name: &str, keywords: &[String]) -> Flags {
    let mut flags = Flags::default();
    let letters = name.split_once(INFO).map_or("", |(_, letters)| letters);
    for letter in letters.chars() {
        if let Some((flag, _)) = LETTERS.iter().find(|(_, known)| *known == letter) {
            flags.set_system(*flag, true);
        } else if letter == 'P' {
            flags.set("$Forwarded", true);
        } else if letter.is_ascii_lowercase() {
            let index = usize::from(letter as u8 - b'a');
            if let Some(keyword) = keywords.get(index).filter(|keyword| !keyword.is_empty()) {
                flags.set(keyword, true);
            }
        }
    }
    flags
}

/// The name with these flags; keywords that are not among those of the Maildir are left out. Letters of the old name that
/// mean nothing here are another program's, and stay.
#[must_use]
pub fn with_flags(name: &str, flags: &Flags, keywords: &[String]) -> String {
    let system = LETTERS
        .iter()
        .filter(|(flag, _)| flags.has(*flag))
        .map(|(_, letter)| *letter);
    let is_set = |keyword: &str| {
        let mut own = flags.keywords().iter();
        own.any(|own| own.eq_ignore_ascii_case(keyword))
    };
    let passed = is_set("$Forwarded").then_some('P');
    let own = ('a'..='z')
        .zip(keywords)
        .filter(|(_, keyword)| is_set(keyword))
        .map(|(letter, _)| letter);
    let means_nothing = |letter: &char| {
        let is_ours = LETTERS.iter().any(|(_, known)| known == letter) || *letter == 'P';
        let mut named = ('a'..='z').zip(keywords);
        let is_named = named.any(|(own, keyword)| own == *letter && !keyword.is_empty());
        letter.is_ascii_alphabetic() && !is_ours && !is_named
    };
    let old = name.split_once(INFO).map_or("", |(_, letters)| letters);
    let foreign = old.chars().filter(means_nothing);
    let mut letters: Vec<char> = system.chain(passed).chain(own).chain(foreign).collect();
    letters.sort_unstable();
    letters.dedup();
    let letters: String = letters.into_iter().collect();
    format!("{}{INFO}{letters}", base(name))
}

/// A name that no other message of any machine has: time, process, a counter, and the machine's name.
#[must_use]
pub fn unique() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "{}.M{}P{}Q{}.{}",
        now.as_secs(),
        now.subsec_micros(),
        std::process::id(),
        COUNTER.fetch_add(1, Ordering::Relaxed),
        host()
    )
}

/// The machine's name as it may stand in a file name.
#[must_use]
pub fn host() -> String {
    let said = std::fs::read_to_string("/proc/sys/kernel/hostname")
        .or_else(|_| std::fs::read_to_string("/etc/hostname"))
        .unwrap_or_default();
    let is_safe = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    let safe: String = said.trim().chars().filter(is_safe).take(64).collect();
    if safe.is_empty() {
        "localhost".to_owned()
    } else {
        safe
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_stand_behind_the_name_in_order() {
        let keywords = ["todo".to_owned(), String::new(), "$Junk".to_owned()];
        let flags = Flags::from_names([
            "\\Seen",
            "\\Flagged",
            "\\Answered",
            "\\Draft",
            "$junk",
            "$Forwarded",
            "unknown",
        ]);
        let name = with_flags("1700000000.M1P2.host:2,T", &flags, &keywords);
        assert_eq!(name, "1700000000.M1P2.host:2,DFPRSc");
        assert_eq!(base(&name), "1700000000.M1P2.host");
        assert_eq!(seconds(&name), 1_700_000_000);
        let read: Vec<String> = super::flags(&name, &keywords)
            .names()
            .map(str::to_owned)
            .collect();
        assert_eq!(
            read,
            [
                "\\Seen",
                "\\Answered",
                "\\Flagged",
                "\\Draft",
                "$Forwarded",
                "$Junk"
            ]
        );
        assert_eq!(
            with_flags("1.a.b:2,STbz", &flags, &keywords),
            "1.a.b:2,DFPRSbcz"
        );
        for odd in ["", ":2,", "x:2,bz\u{1b}é", ":1,S", "x:3,S"] {
            assert_eq!(super::flags(odd, &keywords), Flags::default(), "{odd:?}");
        }
    }

    #[test]
    fn no_name_is_given_out_twice() {
        let names: std::collections::BTreeSet<String> = (0..1_000).map(|_| unique()).collect();
        assert_eq!(names.len(), 1_000);
        assert!(names.iter().all(|name| !name.contains([':', '/'])));
    }
}
