//! `mailto:` links: a link of somebody else's begins a mail and does no more. RFC 6068.
//!
//! Only recipients, subject, text and In-Reply-To are taken; all of them are shown before anything is sent. Nothing is
//! ever attached.

use crate::compose::address::clean_name;
use crate::compose::header::is_id;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;

/// Bytes of a link that are looked at.
const MOST_BYTES: usize = 1 << 20;
/// Recipients that are taken from a link.
const MOST_RECIPIENTS: usize = 1_000;

/// Names of left out fields that are told.
const MOST_NAMES: usize = 5;
/// Characters of one that are told.
const NAME_CHARS: usize = 20;

/// What a link asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The mail; it has no sender yet.
    pub mail: Composition,
    /// Names of the fields that are left out because no link may set them, lower case, each once, the first few.
    pub left_out: Vec<SafeText>,
}

/// The mail of a link; `None` for anything but `mailto:`.
#[must_use]
pub fn parse(url: &str) -> Option<Composition> {
    read(url).map(|link| link.mail)
}

/// Reads a link; `None` for anything but `mailto:`.
#[must_use]
pub fn read(url: &str) -> Option<Link> {
    let url = url.trim();
    let url = url.get(..url.floor_char_boundary(MOST_BYTES))?;
    let (scheme, rest) = url.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("mailto") {
        return None;
    }
    let rest = rest.split('#').next().unwrap_or_default();
    let (to, fields) = rest.split_once('?').unwrap_or((rest, ""));
    let mut link = Link::default();
    link.mail.to = recipients(to);
    for field in fields.split('&').filter(|field| !field.is_empty()) {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        link.take(&decoded(name).to_ascii_lowercase(), value);
    }
    Some(link)
}

impl Link {
    /// Takes a field in, where a link may set it.
    fn take(&mut self, name: &str, value: &str) {
        let mail = &mut self.mail;
        match name {
            "to" => append(&mut mail.to, &recipients(value)),
            "cc" => append(&mut mail.cc, &recipients(value)),
            "bcc" => append(&mut mail.bcc, &recipients(value)),
            "subject" if mail.subject.is_empty() => mail.subject = clean_name(&decoded(value)),
            "body" => {
                let text = text(&decoded(value));
                if !mail.body.is_empty() {
                    mail.body.push('\n');
                }
                mail.body.push_str(&text);
            }
            "in-reply-to" if mail.in_reply_to.is_none() => {
                let typed = decoded(value);
                let id = typed.trim().trim_start_matches('<').trim_end_matches('>');
                mail.in_reply_to = Some(id.to_owned()).filter(|id| is_id(id));
                mail.references = mail.in_reply_to.iter().cloned().collect();
            }
            "subject" | "in-reply-to" => {} // The first one counts.
            _ => self.leave_out(name),
        }
    }

    fn leave_out(&mut self, name: &str) {
        let name = SafeText::line_up_to(name, NAME_CHARS);
        if self.left_out.len() < MOST_NAMES && !self.left_out.contains(&name) {
            self.left_out.push(name);
        }
    }
}

/// Recipients stand apart by commas that are not encoded; what is encoded belongs to one of them.
fn recipients(value: &str) -> String {
    let all = value.split(',').take(MOST_RECIPIENTS);
    let all = all.map(|one| clean_name(&decoded(one)));
    let all: Vec<String> = all.filter(|one| !one.is_empty()).collect();
    all.join(", ")
}

fn append(line: &mut String, more: &str) {
    if !line.is_empty() && !more.is_empty() {
        line.push_str(", ");
    }
    line.push_str(more);
}

/// Lines with LF, nothing in them that steers a terminal.
fn text(decoded: &str) -> String {
    let lines = decoded.replace("\r\n", "\n").replace('\r', "\n");
    let is_text = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    lines.chars().filter(is_text).collect()
}

/// Percent signs resolved; what is no UTF-8 then is marked, a bad escape stays as it is.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%'
            && let [high, low, tail @ ..] = after
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            bytes.push(high << 4 | low);
            rest = tail;
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_read_as_the_rfc_says() {
        let mail = parse("mailto:infobot@example.com?body=send%20current-issue%0D%0Asend%20index")
            .unwrap();
        assert_eq!(mail.to, "infobot@example.com");
        assert_eq!(mail.body, "send current-issue\nsend index");
        let mail =
            parse("MAILTO:?to=joe@example.com&cc=bob@example.com&body=hello&Subject=a+b%20c")
                .unwrap();
        assert_eq!(
            (mail.to.as_str(), mail.cc.as_str()),
            ("joe@example.com", "bob@example.com")
        );
        assert_eq!(mail.subject, "a+b c");
        let mail =
            parse("mailto:list@example.org?In-Reply-To=%3C3469A91.D10AF4C@example.com%3E").unwrap();
        assert_eq!(
            mail.in_reply_to.as_deref(),
            Some("3469A91.D10AF4C@example.com")
        );
        let mail = parse(
            "mailto:gorby%25kremvax@example.com,%22not%40me%22@example.org?subject=caf%C3%A9",
        )
        .unwrap();
        assert_eq!(mail.to, "gorby%kremvax@example.com, \"not@me\"@example.org");
        assert_eq!(mail.subject, "caf\u{e9}");
        assert_eq!(parse("mailto:a@b?subject=100%").unwrap().subject, "100%");
        assert_eq!(parse("https://example.org"), None);
        assert_eq!(parse("a@b"), None);
    }

    #[test]
    fn what_a_link_may_not_set_is_told() {
        let link = "mailto:a@b?attach=/etc/passwd&subject=a&Subject=b&ATTACH=x&from=c@d&&%1b[2J=e";
        let left_out = read(link).unwrap().left_out;
        let names: Vec<&str> = left_out.iter().map(SafeText::as_str).collect();
        assert_eq!(&names[..2], ["attach", "from"]);
        assert_eq!(names.len(), 3);
        assert!(!names[2].contains('\u{1b}'), "{names:?}");
        let fields: Vec<String> = (0..99).map(|n| format!("x{n}=y")).collect();
        let fields = fields.join("&");
        assert_eq!(
            read(&format!("mailto:?{fields}")).unwrap().left_out.len(),
            5
        );
        assert_eq!(read("mailto:a@b?").unwrap().left_out, []);
    }

    /// Somebody else's link attaches nothing, hides nobody and makes no header.
    #[test]
    fn a_link_cannot_do_more_than_begin_a_mail() {
        let mail =
            parse("mailto:a@b?attach=~/.ssh/id_rsa&Attach=.&bcc=x&subject=a%00b%0d%0aX:y").unwrap();
        assert_eq!(mail.attachments, []);
        assert_eq!(mail.bcc, "x");
        assert_eq!(mail.subject, "ab  X:y");
        let mail = parse("mailto:a@b%0d%0aBcc:c@d?attachment=/etc/passwd&from=x@y&references=%3Ca@b%3E&body=%1b[2J%9bx%0a%00y").unwrap();
        assert_eq!(mail.to, "a@b  Bcc:c@d");
        assert_eq!(mail.from, "");
        assert_eq!(mail.references, Vec::<String>::new());
        assert_eq!(mail.body, "[2J\u{fffd}x\ny");
    }
}
