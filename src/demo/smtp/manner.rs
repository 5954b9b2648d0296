//! What a submission sink offers, and what it holds against a client that uses more.

/// The largest message accepted, in bytes.
pub(super) const SIZE: usize = 64 << 20;

/// How the sink behaves; connections take it over when they begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manner {
    /// The lines of the answer to EHLO, without codes; the first one is the server's name.
    pub offers: Vec<String>,
    /// Whether the server puts a copy of each mail into the mailbox for sent ones itself.
    pub files_sent: bool,
}

impl Default for Manner {
    fn default() -> Self {
        let offers = ["localhost", "AUTH PLAIN LOGIN", "8BITMIME", "SMTPUTF8"];
        let mut offers: Vec<String> = offers.map(str::to_owned).into();
        offers.push(format!("SIZE {SIZE}"));
        Self {
            offers,
            files_sent: false,
        }
    }
}

impl Manner {
    /// The words of an offered extension; `None` where it is not offered.
    fn offer(&self, name: &str) -> Option<Vec<&str>> {
        let mut lines = self.offers.iter().skip(1);
        let line = lines.find(|line| line.split(' ').next() == Some(name))?;
        Some(line.split(' ').skip(1).collect())
    }

    /// Whether there is a login.
    pub fn has_login(&self) -> bool {
        self.offer("AUTH").is_some()
    }

    /// Whether a mechanism is offered.
    pub fn has_mechanism(&self, name: &str) -> bool {
        self.offer("AUTH")
            .is_some_and(|names| names.contains(&name))
    }

    /// Why MAIL with this sender and these parameters is refused; `None` where it is not.
    pub(super) fn objection(&self, from: &str, parameters: &str) -> Option<&'static str> {
        let given: Vec<&str> = parameters.split_whitespace().collect();
        for parameter in &given {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let extension = match name {
                "BODY" => "8BITMIME",
                name => name,
            };
            let Some(words) = self.offer(extension) else {
                return Some("555 5.5.4 That parameter is not known here");
            };
            let limit = words.first().and_then(|limit| limit.parse().ok());
            let size: usize = value.parse().unwrap_or(0);
            if name == "SIZE" && limit.is_some_and(|limit: usize| size > limit) {
                return Some("552 5.3.4 Too large");
            }
        }
        let is_utf8 = given.contains(&"SMTPUTF8");
        (!from.is_ascii() && !is_utf8).then_some("553 5.6.7 SMTPUTF8 is needed for that")
    }
}
