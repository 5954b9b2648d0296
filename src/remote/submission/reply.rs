//! A reply of a submission server. RFC 5321 §4.2.
//!
//! lettre's `Response` reads it, but knows no second digit above 5, and no reply whose lines differ in their codes. Servers
//! send both (571, 591), and what a client does hangs on the first digit; so the code is kept beside it as it was said.

use lettre::transport::smtp::response::Response;

use crate::mail::safe_text::SafeText;
use crate::remote::response;

/// A reply with all its lines.
#[derive(Debug)]
pub(super) struct Reply {
    code: u16,
    response: Response,
}

impl Reply {
    /// Reads the lines of a reply, their ends left out. The last one has the code that counts; a line that has none, or
    /// one of another kind, makes all of it no reply.
    pub(super) fn parse(lines: &[Vec<u8>]) -> Option<Self> {
        let [severity, category, detail] = digits(lines.last()?)?;
        // RFC 5321 §4.2.1: the first digit of a code that is not known says what it means.
        let known = format!("{severity}{}{detail}", category.min(5));
        let mut text = String::new();
        for line in lines {
            // A yes and a no in one reply are neither.
            digits(line).filter(|[first, ..]| *first == severity)?;
            let rest = String::from_utf8_lossy(line.get(3..)?);
            // The text behind the code may be missing, and its blank with it.
            let rest = if rest.is_empty() { " " } else { &rest };
            for part in [&known, rest, "\r\n"] {
                text.push_str(part);
            }
        }
        Some(Self {
            code: u16::from(severity) * 100 + u16::from(category) * 10 + u16::from(detail),
            response: text.parse().ok()?,
        })
    }

    /// The texts of its lines.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.response.message()
    }

    /// The text of its first line.
    pub(super) fn first_line(&self) -> Option<&str> {
        self.response.first_line()
    }

    /// The first word of its text: mostly an enhanced status code.
    pub(super) fn first_word(&self) -> Option<&str> {
        self.response.first_word()
    }
}

/// The code of a reply, 200 to 599.
pub(super) const fn code(reply: &Reply) -> u16 {
    reply.code
}

/// The words of a reply, all lines as one.
pub(super) fn words(reply: &Reply) -> SafeText {
    let lines: Vec<&str> = reply.lines().collect();
    response::words(lines.join(" ").as_bytes())
}

/// The three digits that a line begins with.
fn digits(line: &[u8]) -> Option<[u8; 3]> {
    let digit = |at: usize| {
        let byte = line.get(at).filter(|byte| byte.is_ascii_digit())?;
        Some(byte - b'0')
    };
    let digits = [digit(0)?, digit(1)?, digit(2)?];
    matches!(digits, [2..=5, ..]).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_the_one_that_was_said() {
        for (lines, expected) in [
            (&["250 fine"][..], Some((250, "fine"))),
            (&["250"], Some((250, ""))),
            (&["571 5.7.1 no"], Some((571, "5.7.1 no"))),
            (&["499-a", "499 b"], Some((499, "a b"))),
            (&["550-a", "554 b"], Some((554, "a b"))),
            (&["250-a", "550 b"], None),
            (&["150 a"], None),
            (&["650 a"], None),
            (&["25"], None),
            (&["25x a"], None),
            (&["250+a"], None),
            (&["250-a", "mumble"], None),
            (&["mumble", "250 a"], None),
            (&[], None),
        ] {
            let lines: Vec<_> = lines.iter().map(|line| line.as_bytes().to_vec()).collect();
            let reply = Reply::parse(&lines);
            let seen = reply.map(|reply| (code(&reply), words(&reply).as_str().to_owned()));
            let expected = expected.map(|(code, words)| (code, words.to_owned()));
            assert_eq!(seen, expected);
        }
    }
}
