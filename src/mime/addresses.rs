//! Address lists, read leniently and one mailbox at a time. RFC 5322 §3.4.
//!
//! The structure is read before any encoded word is decoded, and what was decoded is never read again: a name cannot
//! become an address. What is not clearly one address is shown raw (`addr` empty), never guessed.

use crate::mail::address::Address;
use crate::mime::charset;
use crate::mime::mailbox::{Mailbox, unescape};
use crate::mime::patience;

/// Longest address in angle brackets, in bytes.
const MAX_ANGLE: usize = 4_096;

/// Reads an address list; at most `max` addresses. `hint` is the charset for raw 8-bit names.
#[must_use]
pub fn list(raw: &[u8], hint: &str, max: usize) -> Vec<Address> {
    let text = charset::guess(raw, hint);
    let mut reader = Reader {
        text: &text,
        at: 0,
        literal: Literal::default(),
    };
    let mut all = Vec::new();
    while all.len() < max {
        patience::check();
        let Some(mailbox) = reader.mailbox() else {
            break;
        };
        all.extend(mailbox.address());
    }
    all
}

/// Delimiters that were opened and never closed in this list: from then on they are ordinary characters.
#[derive(Default)]
struct Literal {
    quote: bool,
    comment: bool,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    literal: Literal,
}

impl<'a> Reader<'a> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    fn skip_blanks(&mut self, also: &[u8]) {
        while self
            .byte(self.at)
            .is_some_and(|byte| is_blank(byte) || also.contains(&byte))
        {
            self.at += 1;
        }
    }

    /// The next element; group names and empty elements are stepped over.
    fn mailbox(&mut self) -> Option<Mailbox<'a>> {
        self.skip_blanks(b",;");
        self.byte(self.at)?;
        let mut start = self.at;
        // Where the run of ordinary text began that is not in the phrase yet.
        let mut run = self.at;
        let mut found = Mailbox::default();
        loop {
            let at = self.at;
            let piece_end = match self.byte(at) {
                None | Some(b',' | b';') => {
                    self.close_run(&mut found, run, at);
                    found.whole = self.slice(start, at);
                    return Some(found);
                }
                // `Group: a, b;` The name of a group is no address, whatever it looks like.
                Some(b':') if found.n_angles == 0 => {
                    self.at += 1;
                    self.skip_blanks(b",");
                    (start, run) = (self.at, self.at);
                    found = Mailbox::default();
                    continue;
                }
                Some(b'"') if !self.literal.quote => self.quoted_end(at),
                Some(b'(') if !self.literal.comment => self.comment_end(at),
                Some(b'<') => Some(self.angle_end(at)),
                // A comma or colon inside an encoded word is no delimiter.
                Some(b'=') => {
                    self.at = self.word_end(at).unwrap_or(at + 1);
                    continue;
                }
                Some(_) => {
                    self.at += 1;
                    continue;
                }
            };
            // Without an end the opening is an ordinary character, and looked at again as such.
            let Some(end) = piece_end else { continue };
            self.close_run(&mut found, run, at);
            self.take_piece(&mut found, at, end);
            run = self.at;
        }
    }

    /// Takes a quoted string, a comment or an address in brackets, and goes behind it.
    fn take_piece(&mut self, found: &mut Mailbox<'a>, at: usize, end: usize) {
        let content = self.slice(at + 1, end);
        self.at = end + 1;
        match self.byte(at) {
            Some(b'"') => {
                unescape(content, found.phrase.to_mut());
                found.has_quotes = true;
            }
            Some(b'(') => found.comment = content,
            _ => {
                found.angle = content;
                found.n_angles += 1;
                if self.byte(end) != Some(b'>') {
                    self.at = end;
                }
            }
        }
    }

    fn close_run(&self, found: &mut Mailbox<'a>, from: usize, to: usize) {
        let run = self.slice(from, to);
        if found.n_angles > 0 && !run.trim().is_empty() {
            found.text_after_angle = true;
        }
        found.phrase += run;
    }

    /// The closing quote of the quoted string that opens at `at`; looked for in vain only once.
    fn quoted_end(&mut self, at: usize) -> Option<usize> {
        let mut at = at + 1;
        loop {
            match self.byte(at) {
                Some(b'"') => return Some(at),
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => {
                    self.literal.quote = true;
                    return None;
                }
            }
        }
    }

    /// The closing parenthesis of the comment that opens at `at`; comments nest. Looked for in vain only once.
    fn comment_end(&mut self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut at = at;
        loop {
            match self.byte(at) {
                Some(b'(') => depth += 1,
                Some(b')') if depth == 1 => return Some(at),
                Some(b')') => depth -= 1,
                Some(b'\\') => at += 1,
                Some(_) => {}
                None => {
                    self.literal.comment = true;
                    return None;
                }
            }
            at += 1;
        }
    }

    /// Where the address in angle brackets ends: at `>`, or where it must have ended.
    fn angle_end(&self, at: usize) -> usize {
        let start = at + 1;
        let inside = self.text.as_bytes().get(start..).unwrap_or_default();
        let inside = inside
            .get(..inside.len().min(MAX_ANGLE))
            .unwrap_or_default();
        // An obsolete route holds commas. RFC 5322 §4.4.
        let has_route = inside.trim_ascii_start().starts_with(b"@");
        let mut in_quotes = false;
        let mut first_end = None;
        for (offset, byte) in inside.iter().enumerate() {
            let ends = match byte {
                b'"' => {
                    in_quotes = !in_quotes;
                    false
                }
                b'>' | b'<' => true,
                b',' | b';' => !has_route,
                _ => false,
            };
            if ends {
                if !in_quotes {
                    return start + offset;
                }
                first_end = first_end.or(Some(offset));
            }
        }
        // A quote that never ends quotes nothing.
        let end = first_end.unwrap_or(inside.len());
        start + end
    }

    /// The end of an encoded word that starts at `at`.
    fn word_end(&self, at: usize) -> Option<usize> {
        let mut marks = 0;
        let bytes = self.text.as_bytes().get(at..)?;
        if bytes.get(1) != Some(&b'?') {
            return None;
        }
        for (offset, byte) in bytes.iter().enumerate().skip(1).take(256) {
            match byte {
                b'?' => marks += 1,
                b'=' if marks >= 4 && bytes.get(offset - 1) == Some(&b'?') => {
                    return Some(at + offset + 1);
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'<' | b'>' | b'@' | b'"' => return None,
                _ => {}
            }
        }
        None
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(raw: &str) -> Vec<(String, String)> {
        list(raw.as_bytes(), "", 10_000)
            .into_iter()
            .map(|a| (a.name, a.addr))
            .collect()
    }

    fn check(raw: &str, expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, a)| ((*n).to_owned(), (*a).to_owned()))
            .collect();
        assert_eq!(read(raw), expected, "{raw:?}");
    }

    #[test]
    fn well_formed_lists_are_read() {
        check("a@b.org", &[("", "a@b.org")]);
        check("Ann <a@b.org>", &[("Ann", "a@b.org")]);
        check(
            "\"Abel, Ann\" <a@b.org>, Bob <b@c>",
            &[("Abel, Ann", "a@b.org"), ("Bob", "b@c")],
        );
        check(
            "a@b.org (Ann (the second))",
            &[("Ann (the second)", "a@b.org")],
        );
        check("\"a \\\"q\\\" b\" <a@b>", &[("a \"q\" b", "a@b")]);
        check("=?utf-8?Q?J=C3=BCrgen?= <j@x.de>", &[("Jürgen", "j@x.de")]);
        check(
            "Friends: a@b, Bob <b@c>;, d@e",
            &[("", "a@b"), ("Bob", "b@c"), ("", "d@e")],
        );
        check("undisclosed-recipients:;", &[]);
        check("Empty:;, a@b", &[("", "a@b")]);
        check(
            "\"john doe\"@example.org",
            &[("", "\"john doe\"@example.org")],
        );
        check("Ann\r\n <a@b>,\r\n\tb@c", &[("Ann", "a@b"), ("", "b@c")]);
        check("jürgen@bücher.example", &[("", "jürgen@bücher.example")]);
    }

    #[test]
    fn one_bad_address_does_not_cost_the_others() {
        check(
            "not an address, Ann <a@b>",
            &[("not an address", ""), ("Ann", "a@b")],
        );
        check(
            "Ann <a@b>, \"never closed <c@d>, e@f",
            &[("Ann", "a@b"), ("\"never closed", "c@d"), ("", "e@f")],
        );
        check("Ann <a@b, c@d", &[("Ann", "a@b"), ("", "c@d")]);
        check(",,;, a@b ,,", &[("", "a@b")]);
        check(
            "(never closed a@b, c@d",
            &[("(never closed a@b", ""), ("", "c@d")],
        );
        check("=?utf-8?Q?Doe,_Jane?= <j@d>", &[("Doe, Jane", "j@d")]);
        check("<@relay,@other:a@b>", &[("", "a@b")]);
        check("Ann <a\"b@c>, d@e", &[("Ann <a\"b@c>", ""), ("", "d@e")]);
        check("MAILER-DAEMON", &[("MAILER-DAEMON", "")]);
        check("Ann <>", &[("Ann <>", "")]);
        check("", &[]);
    }

    #[test]
    fn a_forged_name_never_becomes_the_address() {
        // The local part is an encoded word that would decode to another address and NUL.
        let mailsploit = "=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?==?utf-8?Q?=00?=@mailsploit.com";
        check(mailsploit, &[("", mailsploit)]);
        check(
            "=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?=",
            &[("=?utf-8?b?cG90dXNAd2hpdGVob3VzZS5nb3Y=?=", "")],
        );
        check(
            "\"boss@corp.org\" <evil@x.org>",
            &[("boss@corp.org", "evil@x.org")],
        );
        check(
            "<boss@corp.org> <evil@x.org>",
            &[("<boss@corp.org> <evil@x.org>", "")],
        );
        check(
            "boss@corp.org <evil@x.org>",
            &[("boss@corp.org", "evil@x.org")],
        );
        check("Ann <a@b> evil@x", &[("Ann <a@b> evil@x", "")]);
        check("boss@corp.org:evil@x.org;", &[("", "evil@x.org")]);
        check(
            "boss@corp.org evil@x.org",
            &[("boss@corp.org evil@x.org", "")],
        );
        check("a\0b@c.org", &[("a\0b@c.org", "")]);
        check(
            "boss@corp.org\u{202e}@x.org",
            &[("boss@corp.org\u{202e}@x.org", "")],
        );
        check(
            "=?utf-8?q?a=3Cboss=40corp.org=3E?= <evil@x>",
            &[("a<boss@corp.org>", "evil@x")],
        );
    }

    #[test]
    fn floods_are_linear_and_capped() {
        assert_eq!(
            list("a@b,".repeat(20_000).as_bytes(), "", 10_000).len(),
            10_000
        );
        for flood in ["\"", "(", "<", "=?", "a:", ":;", "\\\"", "((("] {
            let raw = flood.repeat(300_000);
            let _ = list(raw.as_bytes(), "", 10_000);
        }
    }

    #[test]
    fn well_formed_addresses_agree_with_mailparse() {
        for raw in [
            "a@b.org",
            "Ann <a@b.org>",
            "\"Abel, Ann\" <a@b.org>, Bob <b@c.de>",
        ] {
            let theirs = mailparse::addrparse(raw).unwrap();
            let theirs: Vec<_> = theirs
                .iter()
                .filter_map(|one| match one {
                    mailparse::MailAddr::Single(one) => Some((
                        one.display_name.clone().unwrap_or_default(),
                        one.addr.clone(),
                    )),
                    mailparse::MailAddr::Group(_) => None,
                })
                .collect();
            assert_eq!(read(raw), theirs);
        }
    }
}
