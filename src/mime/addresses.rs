//! Address lists, read leniently and one mailbox at a time. RFC 5322 §3.4.
//!
//! The structure is read before any encoded word is decoded, and what was decoded is never read again: a name cannot
//! become an address. What is not clearly one address is shown raw (`addr` empty), never guessed. SAFETY T14.

use crate::mail::address::Address;
use crate::mime::charset;
use crate::mime::words;

/// Reads an address list; at most `max` addresses. `hint` is the charset for raw 8-bit names.
pub fn list(raw: &[u8], hint: &str, max: usize) -> Vec<Address> {
    let text = charset::guess(raw, hint);
    let mut reader = Reader {
        text: &text,
        at: 0,
        literal: Literal::default(),
    };
    let mut all = Vec::new();
    while all.len() < max {
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

/// One element of a list, cut into its pieces but not decoded.
#[derive(Default)]
struct Mailbox<'a> {
    whole: &'a str,
    /// What stands outside of comments and angle brackets, quotes resolved.
    phrase: String,
    comment: &'a str,
    /// What stands in angle brackets, and how often there were any.
    angle: &'a str,
    n_angles: usize,
    has_quotes: bool,
    text_after_angle: bool,
}

impl<'a> Reader<'a> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The next element; group names and empty elements are stepped over.
    fn mailbox(&mut self) -> Option<Mailbox<'a>> {
        while matches!(
            self.byte(self.at),
            Some(b' ' | b'\t' | b'\r' | b'\n' | b',' | b';')
        ) {
            self.at += 1;
        }
        self.byte(self.at)?;
        let mut start = self.at;
        let mut found = Mailbox::default();
        // Where the run of ordinary text began that is not in `phrase` yet.
        let mut run = self.at;
        loop {
            let at = self.at;
            let byte = self.byte(at);
            match byte {
                None | Some(b',' | b';') => {
                    self.close_run(&mut found, run, at);
                    found.whole = self.slice(start, at);
                    return Some(found);
                }
                // `Group: a, b;` The name of a group is no address, whatever it looks like.
                Some(b':') if found.n_angles == 0 => {
                    self.at += 1;
                    found = Mailbox::default();
                    while matches!(
                        self.byte(self.at),
                        Some(b' ' | b'\t' | b'\r' | b'\n' | b',')
                    ) {
                        self.at += 1;
                    }
                    (start, run) = (self.at, self.at);
                    continue;
                }
                Some(b'"') if !self.literal.quote => {
                    let Some(end) = self.quoted_end(at) else {
                        self.literal.quote = true;
                        continue;
                    };
                    self.close_run(&mut found, run, at);
                    unescape(self.slice(at + 1, end), &mut found.phrase);
                    found.has_quotes = true;
                    self.at = end + 1;
                    run = self.at;
                    continue;
                }
                Some(b'(') if !self.literal.comment => {
                    let Some(end) = self.comment_end(at) else {
                        self.literal.comment = true;
                        continue;
                    };
                    self.close_run(&mut found, run, at);
                    found.comment = self.slice(at + 1, end);
                    self.at = end + 1;
                    run = self.at;
                    continue;
                }
                Some(b'<') => {
                    self.close_run(&mut found, run, at);
                    let end = self.angle_end(at);
                    found.angle = self.slice(at + 1, end);
                    found.n_angles += 1;
                    self.at = if self.byte(end) == Some(b'>') {
                        end + 1
                    } else {
                        end
                    };
                    run = self.at;
                    continue;
                }
                // A comma or colon inside an encoded word is no delimiter.
                Some(b'=') => {
                    if let Some(end) = self.word_end(at) {
                        self.at = end;
                        continue;
                    }
                }
                Some(_) => {}
            }
            self.at += 1;
        }
    }

    fn close_run(&self, found: &mut Mailbox<'a>, from: usize, to: usize) {
        let run = self.slice(from, to);
        if found.n_angles > 0 && !run.trim().is_empty() {
            found.text_after_angle = true;
        }
        found.phrase.push_str(run);
    }

    /// The closing quote of the quoted string that opens at `at`.
    fn quoted_end(&self, at: usize) -> Option<usize> {
        let mut at = at + 1;
        loop {
            match self.byte(at)? {
                b'"' => return Some(at),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    /// The closing parenthesis of the comment that opens at `at`; comments nest.
    fn comment_end(&self, at: usize) -> Option<usize> {
        let mut depth = 0_usize;
        let mut at = at;
        loop {
            match self.byte(at)? {
                b'(' => depth += 1,
                b')' if depth == 1 => return Some(at),
                b')' => depth -= 1,
                b'\\' => at += 1,
                _ => {}
            }
            at += 1;
        }
    }

    /// Where the address in angle brackets ends: at `>`, or where it must have ended.
    fn angle_end(&self, at: usize) -> usize {
        let inside = self.slice(at + 1, self.text.len());
        // An obsolete route holds commas. RFC 5322 §4.4.
        let has_route = inside.trim_start().starts_with('@');
        let mut in_quotes = false;
        for (offset, byte) in inside.bytes().enumerate() {
            match byte {
                b'"' => in_quotes = !in_quotes,
                b'>' | b'<' if !in_quotes => return at + 1 + offset,
                b',' | b';' if !in_quotes && !has_route => return at + 1 + offset,
                _ if offset > 4_096 => return at + 1 + offset,
                _ => {}
            }
        }
        self.text.len()
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

impl Mailbox<'_> {
    /// The address; nothing for an element without any text.
    fn address(&self) -> Option<Address> {
        if self.whole.trim().is_empty() {
            return None;
        }
        let unparsable = || {
            Some(Address {
                name: words::unfold(self.whole),
                addr: String::new(),
            })
        };
        if self.n_angles > 1 || self.text_after_angle {
            return unparsable();
        }
        if self.n_angles == 1 {
            let Some(addr) = addr_spec(self.angle) else {
                return unparsable();
            };
            let name = if self.phrase.trim().is_empty() {
                self.comment
            } else {
                &self.phrase
            };
            return Some(Address {
                name: decoded(name),
                addr,
            });
        }
        // Without angle brackets quotes belong to the local part, so the raw text decides.
        let bare = if self.has_quotes {
            without_comment(self.whole)
        } else {
            &self.phrase
        };
        let Some(addr) = addr_spec(bare) else {
            return unparsable();
        };
        Some(Address {
            name: decoded(self.comment),
            addr,
        })
    }
}

fn without_comment(whole: &str) -> &str {
    whole.split('(').next().unwrap_or(whole)
}

fn decoded(phrase: &str) -> String {
    let name = words::text(phrase.as_bytes(), "");
    // Some mailers put a second pair of quotes into the first.
    let inner = name
        .strip_prefix('\'')
        .and_then(|rest| rest.strip_suffix('\''));
    inner.map_or_else(|| name.trim().to_owned(), |inner| inner.trim().to_owned())
}

fn unescape(quoted: &str, out: &mut String) {
    let mut chars = quoted.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => out.extend(chars.next()),
            c => out.push(c),
        }
    }
}

/// Reads one `local@domain`, without its route and without blanks around dots and `@`; `None` for anything else.
fn addr_spec(raw: &str) -> Option<String> {
    let mut raw = raw.trim();
    if raw.starts_with('@') {
        raw = raw.split_once(':')?.1.trim();
    }
    // `<mailto:a@b>` and `<<a@b>>` occur.
    raw = raw.strip_prefix("mailto:").unwrap_or(raw);
    let at = raw.rfind('@')?;
    let (local, domain) = (raw.get(..at)?, raw.get(at + 1..)?);
    let (local, domain) = (local.trim(), domain.trim().trim_end_matches('.'));
    let is_quoted = local.len() >= 2 && local.starts_with('"') && local.ends_with('"');
    let is_plain =
        |c: char| !c.is_whitespace() && !c.is_control() && !crate::mail::safe_text::is_trick(c);
    let local_fits = !local.is_empty()
        && if is_quoted {
            local.chars().all(|c| c == ' ' || is_plain(c))
        } else {
            local.chars().all(|c| {
                is_plain(c) && !matches!(c, '@' | '<' | '>' | '"' | '(' | ')' | ',' | ';' | ':')
            })
        };
    let domain_fits = !domain.is_empty()
        && domain
            .chars()
            .all(|c| is_plain(c) && !matches!(c, '<' | '>' | '"' | '(' | ')' | ',' | ';' | '\\'));
    (local_fits && domain_fits).then(|| format!("{local}@{domain}"))
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
