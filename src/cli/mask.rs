//! Takes out of a text what must not leave this machine: names, addresses, hosts and folders that are known, and whatever
//! looks like one.

use std::net::IpAddr;

/// Shorter words are left alone: too many harmless ones look like them.
const SHORTEST: usize = 3;

/// What is to be put in the place of what.
#[derive(Debug, Default)]
pub struct Masks {
    /// The word in ASCII lower case, and its mask; the longest word first.
    words: Vec<(String, String)>,
}

impl Masks {
    /// Has a word masked wherever it stands, in any case.
    pub fn add(&mut self, word: &str, mask: &str) {
        let word = word.trim().to_ascii_lowercase();
        if word.len() < SHORTEST || self.words.iter().any(|(known, _)| *known == word) {
            return;
        }
        let at = self
            .words
            .partition_point(|(known, _)| known.len() >= word.len());
        self.words.insert(at, (word, mask.to_owned()));
    }

    /// Masks the known words of a text.
    #[must_use]
    pub fn known(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (word, mask) in &self.words {
            text = replaced(&text, word, mask);
        }
        text
    }

    /// Masks the known words, everything between quotation marks, and every word that looks like an address or a path: for
    /// words that come from elsewhere.
    #[must_use]
    pub fn all(&self, text: &str) -> String {
        let pieces = text.split('"').enumerate().map(|(at, piece)| {
            if at % 2 == 0 {
                let words = piece.split_inclusive(' ').map(guessed);
                self.known(&words.collect::<String>())
            } else {
                "<quoted>".to_owned()
            }
        });
        pieces.collect()
    }
}

/// `text` with a mask in the place of a word that is in ASCII lower case.
fn replaced(text: &str, word: &str, mask: &str) -> String {
    let lower = text.to_ascii_lowercase(); // Of the same length, byte for byte.
    let (mut done, mut out) = (0, String::with_capacity(text.len()));
    for (at, found) in lower.match_indices(word) {
        out.push_str(text.get(done..at).unwrap_or_default());
        out.push_str(mask);
        done = at.saturating_add(found.len());
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// A word with the blank behind it, or what it looks like.
fn guessed(word: &str) -> String {
    let bare = word.trim_matches(|c: char| !c.is_alphanumeric() && c != '/' && c != ':');
    let host = bare.split_once(':').map_or(bare, |(host, _)| host);
    let is_address = |text: &str| text.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let mask = if word.contains('@') {
        "<address>"
    } else if is_address(bare) || is_address(host) {
        "<ip>"
    } else if bare.starts_with('/') || word.contains("=/") {
        "<path>"
    } else if looks_like_host(host) {
        "<host>"
    } else {
        return word.to_owned();
    };
    let blank = if word.ends_with(' ') { " " } else { "" };
    format!("{mask}{blank}")
}

/// Letters and dots, and no number for a beginning: `mail.example.org`, but neither `3.51.3` nor `state.db` nor `sync.`.
fn looks_like_host(word: &str) -> bool {
    let labels: Vec<&str> = word.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let ends_in_letters = labels
        .last()
        .is_some_and(|last| last.len() >= 2 && last.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let is_own_file = ["db", "log", "toml", "lock", "rs"]
        .iter()
        .any(|end| labels.last() == Some(end));
    labels.len() >= 2 && labels.iter().all(is_label) && ends_in_letters && !is_own_file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_words_go_whatever_their_case_and_longest_first() {
        let mut masks = Masks::default();
        for (word, mask) in [
            ("anna", "<user>"),
            ("anna.example.org", "<host 1>"),
            ("ab", "<short>"),
        ] {
            masks.add(word, mask);
        }
        assert_eq!(
            masks.known("ANNA at Anna.Example.ORG, ab, jöanna"),
            "<user> at <host 1>, ab, jö<user>"
        );
    }

    #[test]
    fn what_looks_like_an_address_goes_too() {
        let masks = Masks::default();
        for (text, expected) in [
            (
                "no mailbox \"Secret/Plans\" here",
                "no mailbox <quoted> here",
            ),
            ("to bob@example.org, now", "to <address> now"),
            ("connect 192.0.2.7:993: refused", "connect <ip> refused"),
            ("[2001:db8::1] refused", "<ip> refused"),
            ("mail.example.org: refused", "<host> refused"),
            ("open /home/anna/x failed", "open <path> failed"),
            (
                "SQLite 3.51.3, state.db version 2.",
                "SQLite 3.51.3, state.db version 2.",
            ),
            ("an open quote \"and what follows", "an open quote <quoted>"),
        ] {
            assert_eq!(masks.all(text), expected);
        }
    }
}
