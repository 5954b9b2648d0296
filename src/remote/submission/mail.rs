//! One mail as it is handed over: judged by ourselves first, then as commands and blocks of bytes.

use std::net::Ipv4Addr;
use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};

use crate::remote::submission::error::SendError;
use crate::remote::submission::offers::Offers;

/// Bytes of the mail that are written at once.
const BLOCK: usize = 16 * 1024;
/// The longest address, RFC 5321 §4.5.3.1.3 (less the brackets).
const MAX_ADDRESS: usize = 254;

/// What is handed over.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'a> {
    /// The envelope's sender; empty for none, as a notice about another mail has it.
    pub sender: &'a str,
    /// The envelope's recipients, at least one.
    pub recipients: &'a [String],
    /// The mail itself: lines that end in CR LF, no CR or LF elsewhere, dots as they are.
    pub wire: &'a [u8],
    /// Whether its header has UTF-8 as it is (RFC 6532); of the addresses that is seen here.
    pub needs_smtputf8: bool,
}

/// How long the steps may take; by default as RFC 5321 §4.5.3.2 has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// Inside of TLS: the greeting, EHLO and the login, all together.
    pub opening: Duration,
    /// MAIL, RCPT and RSET, each.
    pub command: Duration,
    /// DATA, until the server wants to hear the mail.
    pub data: Duration,
    /// Every 16 KiB of the mail, until the network has taken them.
    pub block: Duration,
    /// The final dot, until the server has the mail.
    pub end: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self {
            opening: Duration::from_mins(5),
            command: Duration::from_mins(5),
            data: Duration::from_mins(2),
            block: Duration::from_mins(3),
            end: Duration::from_mins(10),
        }
    }
}

impl Deadlines {
    /// For somebody who waits before the screen: the opening in one minute.
    #[must_use]
    pub fn hasty() -> Self {
        Self {
            opening: Duration::from_mins(1),
            ..Self::default()
        }
    }
}

/// The name in EHLO. The machine's own is nobody's business (RFC 6409 wants none), so all are called alike.
pub(super) fn hello() -> String {
    commands::Ehlo::new(ClientId::Ipv4(Ipv4Addr::LOCALHOST)).to_string()
}

/// The commands of a mail that passed our own judgement.
#[derive(Debug)]
pub(super) struct Envelope {
    pub(super) mail: commands::Mail,
    /// Each recipient as typed, and its command.
    pub(super) recipients: Vec<(String, commands::Rcpt)>,
}

impl Envelope {
    /// Judges a mail.
    ///
    /// # Errors
    /// An address or a byte that cannot be sent, or more than this server takes. Nothing was said to it.
    pub(super) fn new(mail: &Mail<'_>, offers: &Offers) -> Result<Self, SendError> {
        check_bytes(mail.wire)?;
        if mail.recipients.is_empty() {
            return Err(SendError::check("there is no recipient"));
        }
        let sender = match mail.sender {
            "" => None,
            sender => Some(address(sender)?),
        };
        let recipients = mail
            .recipients
            .iter()
            .map(|typed| {
                let recipient = commands::Rcpt::new(address(typed)?, Vec::new());
                Ok((typed.clone(), recipient))
            })
            .collect::<Result<Vec<_>, SendError>>()?;
        let parameters = parameters(mail, offers)?;
        Ok(Self {
            mail: commands::Mail::new(sender, parameters),
            recipients,
        })
    }
}

/// The parameters of MAIL: only what was offered, and all that the mail needs.
fn parameters(mail: &Mail<'_>, offers: &Offers) -> Result<Vec<MailParameter>, SendError> {
    let mut parameters = Vec::new();
    let n_bytes = mail.wire.len();
    if let Some(limit) = offers.size_bytes() {
        if limit > 0 && n_bytes as u64 > limit {
            let kilobytes = |bytes: u64| bytes.div_ceil(1_000);
            let (own, limit) = (kilobytes(n_bytes as u64), kilobytes(limit));
            let text = format!("it has {own} kB, and the server takes no more than {limit} kB");
            return Err(SendError::check(&text));
        }
        parameters.push(MailParameter::Size(n_bytes));
    }
    if !mail.wire.is_ascii() {
        if !offers.has("8BITMIME") {
            return Err(SendError::check(
                "it has bytes beyond ASCII, and the server takes none (no 8BITMIME)",
            ));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mut addresses = mail.recipients.iter().map(String::as_str);
    if mail.needs_smtputf8 || !mail.sender.is_ascii() || !addresses.all(str::is_ascii) {
        if !offers.has("SMTPUTF8") {
            return Err(SendError::check(
                "an address has letters beyond ASCII, and the server takes none (no SMTPUTF8)",
            ));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    Ok(parameters)
}

/// An address that may stand between `<` and `>`. Nothing that could end the line, the brackets, or the address itself
/// passes, not even in quotes, where the standard has it; and nothing goes round lettre's own judgement.
fn address(typed: &str) -> Result<Address, SendError> {
    let cannot = |why: &str| SendError::check(&format!("the address \"{typed}\" {why}"));
    let is_odd = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
    if typed.contains(|c| is_odd(c) || matches!(c, '<' | '>')) {
        return Err(cannot("has a character that no address may have"));
    }
    if typed.len() > MAX_ADDRESS {
        return Err(cannot("is longer than an address can be"));
    }
    if let Ok(address) = typed.parse() {
        return Ok(address);
    }
    // Some providers gave out names with dots where the standard has none; in quotes it knows them.
    let (local, domain) = typed.rsplit_once('@').ok_or_else(|| cannot("has no @"))?;
    let is_atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    if local.is_empty() || !local.chars().all(is_atom) {
        return Err(cannot("is none"));
    }
    Address::new(format!("\"{local}\""), domain).map_err(|_| cannot("is none"))
}

/// Bare line ends would let a server see two mails where we sent one.
fn check_bytes(wire: &[u8]) -> Result<(), SendError> {
    let mut before = 0;
    for byte in wire {
        match (before, byte) {
            (b'\r', b'\n') => {}
            (b'\r', _) | (_, b'\n') => {
                return Err(SendError::check("it has a line that does not end in CR LF"));
            }
            (_, 0) => return Err(SendError::check("it has a NUL byte")),
            _ => {}
        }
        before = *byte;
    }
    if !wire.ends_with(b"\r\n") {
        return Err(SendError::check("its last line does not end in CR LF"));
    }
    Ok(())
}

/// A mail as it goes over the wire, in blocks: a dot at the beginning of a line is doubled. RFC 5321 §4.5.2.
pub(super) fn blocks(wire: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut lines = wire.split_inclusive(|byte| *byte == b'\n');
    std::iter::from_fn(move || {
        let mut block = Vec::new();
        while block.len() < BLOCK {
            let Some(line) = lines.next() else { break };
            if line.starts_with(b".") {
                block.push(b'.');
            }
            block.extend_from_slice(line);
        }
        (!block.is_empty()).then_some(block)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offers(lines: &[&str]) -> Offers {
        Offers::new(lines.iter().copied(), &[])
    }

    fn mail<'a>(recipients: &'a [String], wire: &'a [u8]) -> Mail<'a> {
        Mail {
            sender: "anna@example.org",
            recipients,
            wire,
            needs_smtputf8: false,
        }
    }

    #[test]
    fn mail_asks_for_what_was_offered_and_for_what_is_needed() {
        let all = offers(&["SIZE 1000", "8BITMIME", "SMTPUTF8"]);
        let plain = ["bela@example.org".to_owned()];
        let far = ["béla@example.org".to_owned()];
        for (mail, offers, expected) in [
            (mail(&plain, b"a\r\n"), &offers(&[]), ""),
            (mail(&plain, b"a\r\n"), &all, " SIZE=3"),
            (
                mail(&plain, "ä\r\n".as_bytes()),
                &all,
                " SIZE=4 BODY=8BITMIME",
            ),
            (mail(&far, b"a\r\n"), &all, " SIZE=3 SMTPUTF8"),
        ] {
            let envelope = Envelope::new(&mail, offers).unwrap();
            let expected = format!("MAIL FROM:<anna@example.org>{expected}\r\n");
            assert_eq!(envelope.mail.to_string(), expected);
        }
        for (mail, offers, expected) in [
            (mail(&[], b"a\r\n"), &all, "no recipient"),
            (
                mail(&plain, &b"a\r\n".repeat(400)),
                &all,
                "no more than 1 kB",
            ),
            (mail(&plain, "ä\r\n".as_bytes()), &offers(&[]), "8BITMIME"),
            (mail(&far, b"a\r\n"), &offers(&["SIZE"]), "SMTPUTF8"),
        ] {
            let error = Envelope::new(&mail, offers).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
    }

    #[test]
    fn line_ends_that_could_smuggle_are_refused() {
        for wire in [
            &b"a\n.\n"[..],
            b"a\r.\r",
            b"a\n.\r\n",
            b"a\r\n.\n",
            b"a\r\r\n",
            b"a\n\r\n",
            b"\n",
            b"a\r",
            b"a",
            b"\r\n\0\r\n",
            b"",
        ] {
            assert!(check_bytes(wire).is_err(), "{wire:?}");
        }
        for wire in [&b"\r\n"[..], b".\r\n", b"a\r\n.\r\n..\r\n\r\n"] {
            assert!(check_bytes(wire).is_ok(), "{wire:?}");
        }
    }

    #[test]
    fn dots_are_doubled_at_the_beginning_of_lines_alone() {
        let mut wire = b".a\r\n..\r\na.b\r\n.\r\n".to_vec();
        wire.extend(b".long\r\n".repeat(5_000));
        let sent: Vec<u8> = blocks(&wire).flatten().collect();
        assert!(sent.starts_with(b"..a\r\n...\r\na.b\r\n..\r\n..long\r\n"));
        assert_eq!(sent.len(), wire.len() + 5_003);
        assert!(blocks(&wire).all(|block| block.len() < BLOCK + 100));
    }

    #[test]
    fn names_with_dots_where_none_belong_go_in_quotes() {
        assert_eq!(
            address("a.b.@example.org").unwrap().to_string(),
            "\"a.b.\"@example.org"
        );
        assert_eq!(
            address("a..b@example.org").unwrap().to_string(),
            "\"a..b\"@example.org"
        );
        for none in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a b@c",
            "a@b@c",
            "a@b c",
            "@a,@b:c@d.org",
            "a@b>",
            "\"a>b\"@c.org",
        ] {
            assert!(address(none).is_err(), "{none}");
        }
    }
}
