//! What a submission server offers in its answer to EHLO. RFC 5321 §4.1.1.1.

use crate::mail::safe_text::SafeText;

/// Offers that are kept; nobody has more.
const MAX_OFFERS: usize = 100;

/// The offers of a server, less what is not to be used.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Offers {
    /// Upper case: `8BITMIME`, `AUTH=PLAIN`.
    names: Vec<String>,
    size_bytes: Option<u64>,
}

impl Offers {
    /// Reads the lines behind the first one of the answer; `disable` names what is not to be used, upper case.
    pub(super) fn new<'a>(lines: impl Iterator<Item = &'a str>, disable: &[String]) -> Self {
        let mut offers = Self::default();
        for line in lines.take(MAX_OFFERS) {
            let upper = line.to_ascii_uppercase();
            // `AUTH=PLAIN LOGIN` is how it was written before the standard, and some still say both.
            let mut words = upper.split([' ', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("AUTH") => offers
                    .names
                    .extend(words.map(|name| format!("AUTH={name}"))),
                Some("SIZE") => {
                    offers.size_bytes =
                        Some(words.next().and_then(|n| n.parse().ok()).unwrap_or(0));
                    offers.names.push("SIZE".to_owned());
                }
                Some(name) => offers.names.push(SafeText::line(name).as_str().to_owned()),
                None => {}
            }
        }
        offers.names.retain(|name| !disable.contains(name));
        offers.names.sort();
        offers.names.dedup();
        if !offers.has("SIZE") {
            offers.size_bytes = None;
        }
        offers
    }

    /// Whether something is offered, by its name in upper case; a mechanism is `AUTH=PLAIN`.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|known| known == name)
    }

    /// Whether there is a login at all.
    #[must_use]
    pub fn has_login(&self) -> bool {
        self.names.iter().any(|name| name.starts_with("AUTH="))
    }

    /// The largest mail that is taken, zero for one without a limit that is told; `None` where sizes are not spoken of.
    /// RFC 1870.
    #[must_use]
    pub const fn size_bytes(&self) -> Option<u64> {
        self.size_bytes
    }

    /// All of them, sorted.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_either_case_and_both_ways_of_auth() {
        let lines = [
            "size 1000",
            "AUTH LOGIN plain",
            "AUTH=PLAIN XOAUTH2",
            "8bitmime",
            "",
            "PIPELINING",
        ];
        let offers = Offers::new(lines.into_iter(), &["PIPELINING".to_owned()]);
        assert_eq!(
            offers.names(),
            [
                "8BITMIME",
                "AUTH=LOGIN",
                "AUTH=PLAIN",
                "AUTH=XOAUTH2",
                "SIZE"
            ]
        );
        assert_eq!(offers.size_bytes(), Some(1000));
        assert!(offers.has_login() && offers.has("8BITMIME") && !offers.has("PIPELINING"));
        let few = Offers::new(["SIZE", "SIZE x"].into_iter(), &[]);
        assert_eq!((few.size_bytes(), few.has_login()), (Some(0), false));
        let none = Offers::new(["SIZE 5"].into_iter(), &["SIZE".to_owned()]);
        assert_eq!(none.size_bytes(), None);
    }
}
