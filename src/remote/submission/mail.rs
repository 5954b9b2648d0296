//! One mail as it is handed over: judged by ourselves first, then as commands and blocks of bytes.
//!
//! Whether an address can be sent to was judged where the mail was built; here only what could say more than one address is
//! refused, whoever made the envelope.

use std::net::Ipv4Addr;
use std::time::Duration;

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::commands;
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};

use crate::mail::address::MAX_BYTES;
use crate::remote::submission::error::SendError;
use crate::remote::submission::offers::Offers;

/// Bytes of the mail that are written at once.
const BLOCK: usize = 16 * 1024;

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

/// The envelope of a mail; an empty sender is none, as a notice about another mail has it.
///
/// # Errors
/// No recipient, or the first address that cannot be sent to or from.
pub fn envelope(sender: &str, recipients: &[String]) -> Result<Envelope, SendError> {
    let sender = match sender {
        "" => None,
        sender => Some(address(sender)?),
    };
    let recipients: Result<Vec<Address>, SendError> =
        recipients.iter().map(|typed| address(typed)).collect();
    Envelope::new(sender, recipients?).map_err(|_| SendError::check("there is no recipient"))
}

/// The commands of a mail that passed our own judgement.
#[derive(Debug)]
pub(super) struct Commands {
    pub(super) mail: commands::Mail,
    /// Each recipient, and its command.
    pub(super) recipients: Vec<(Address, commands::Rcpt)>,
}

impl Commands {
    /// Judges a mail, whoever made its envelope; `is_utf8` where its header has UTF-8 as it is.
    ///
    /// # Errors
    /// An address or a byte that cannot be sent, or more than this server takes. Nothing was said to it.
    pub(super) fn new(
        envelope: &Envelope,
        wire: &[u8],
        is_utf8: bool,
        offers: &Offers,
    ) -> Result<Self, SendError> {
        check_bytes(wire)?;
        for address in envelope.from().into_iter().chain(envelope.to()) {
            check_address(address.as_ref())?;
        }
        let recipients = envelope.to().iter().map(|address| {
            let command = commands::Rcpt::new(address.clone(), Vec::new());
            (address.clone(), command)
        });
        let parameters = parameters(envelope, wire, is_utf8, offers)?;
        Ok(Self {
            mail: commands::Mail::new(envelope.from().cloned(), parameters),
            recipients: recipients.collect(),
        })
    }
}

/// The parameters of MAIL: only what was offered, and all that the mail needs.
fn parameters(
    envelope: &Envelope,
    wire: &[u8],
    is_utf8: bool,
    offers: &Offers,
) -> Result<Vec<MailParameter>, SendError> {
    let mut parameters = Vec::new();
    let n_bytes = wire.len();
    if let Some(limit) = offers.size_bytes() {
        if limit > 0 && n_bytes as u64 > limit {
            let kilobytes = |bytes: u64| bytes.div_ceil(1_000);
            let (own, limit) = (kilobytes(n_bytes as u64), kilobytes(limit));
            let text = format!("it has {own} kB, and the server takes no more than {limit} kB");
            return Err(SendError::check(&text));
        }
        parameters.push(MailParameter::Size(n_bytes));
    }
    if !wire.is_ascii() {
        if !offers.has("8BITMIME") {
            return Err(SendError::check(
                "it has bytes beyond ASCII, and the server takes none (no 8BITMIME)",
            ));
        }
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let mut addresses = envelope.from().into_iter().chain(envelope.to());
    let is_far = addresses.any(|address| !AsRef::<str>::as_ref(address).is_ascii());
    if is_utf8 || is_far {
        if !offers.has("SMTPUTF8") {
            let what = if is_far { "an address" } else { "its header" };
            return Err(SendError::check(&format!(
                "{what} has letters beyond ASCII, and the server takes none (no SMTPUTF8)"
            )));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    Ok(parameters)
}

/// An address for the envelope: one mailbox and nothing beside it. lettre's own judge of local parts takes neither more than
/// 64 bytes nor letters with marks.
fn address(typed: &str) -> Result<Address, SendError> {
    check_address(typed)?;
    let none = || unfit(typed, "is none");
    let (local, domain) = typed.rsplit_once('@').ok_or_else(none)?;
    Address::new("a", domain).map_err(|_| none())?;
    if !is_local(local) {
        return Err(none());
    }
    Ok(Address::new_dangerous(local, domain))
}

/// Whether it is one word: without anything that parts or encloses, or all of it in quotes.
fn is_local(local: &str) -> bool {
    let inner = local
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    if let Some(inner) = inner {
        let bare = inner.replace(r"\\", "").replace(r#"\""#, "");
        return !bare.contains('"') && !bare.ends_with('\\');
    }
    let parts = |c: char| c.is_whitespace() || "()<>[]:;,@\\\"".contains(c);
    !local.is_empty() && !local.contains(parts)
}

/// Whether an address may stand between `<` and `>`. Nothing that could end the line, the brackets, or the address itself
/// passes, not even in quotes, where the standard has it, nor where lettre takes it unseen.
fn check_address(address: &str) -> Result<(), SendError> {
    let is_odd = |c: char| c.is_control() || (c.is_whitespace() && c != ' ');
    if address.contains(|c| is_odd(c) || matches!(c, '<' | '>')) {
        return Err(unfit(address, "has a character that no address may have"));
    }
    if address.len() > MAX_BYTES {
        return Err(unfit(address, "is longer than an address can be"));
    }
    Ok(())
}

fn unfit(address: &str, why: &str) -> SendError {
    SendError::check(&format!("the address \"{address}\" {why}"))
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

    #[test]
    fn mail_asks_for_what_was_offered_and_for_what_is_needed() {
        let all = offers(&["SIZE 1000", "8BITMIME", "SMTPUTF8"]);
        let to = |address: &str| envelope("anna@example.org", &[address.to_owned()]).unwrap();
        let (plain, far) = (to("bela@example.org"), to("béla@example.org"));
        let wide = "ä\r\n".as_bytes();
        for (to, wire, is_utf8, offers, expected) in [
            (&plain, &b"a\r\n"[..], false, &offers(&[]), ""),
            (&plain, b"a\r\n", false, &all, " SIZE=3"),
            (&plain, wide, false, &all, " SIZE=4 BODY=8BITMIME"),
            (&far, b"a\r\n", false, &all, " SIZE=3 SMTPUTF8"),
            (&plain, b"a\r\n", true, &all, " SIZE=3 SMTPUTF8"),
        ] {
            let commands = Commands::new(to, wire, is_utf8, offers).unwrap();
            let expected = format!("MAIL FROM:<anna@example.org>{expected}\r\n");
            assert_eq!(commands.mail.to_string(), expected);
        }
        for (to, wire, is_utf8, offers, expected) in [
            (
                &plain,
                &b"a\r\n".repeat(400)[..],
                false,
                &all,
                "no more than 1 kB",
            ),
            (&plain, wide, false, &offers(&[]), "8BITMIME"),
            (
                &far,
                b"a\r\n",
                false,
                &offers(&["SIZE"]),
                "an address has letters",
            ),
            (
                &plain,
                b"a\r\n",
                true,
                &offers(&["SIZE"]),
                "its header has letters",
            ),
        ] {
            let error = Commands::new(to, wire, is_utf8, offers).unwrap_err();
            assert!(error.to_string().contains(expected), "{error}");
        }
        let error = envelope("anna@example.org", &[]).unwrap_err();
        assert!(error.to_string().contains("no recipient"), "{error}");
    }

    #[test]
    fn every_kind_of_address_fits_into_an_envelope() {
        let long = format!("{}@example.org", "x".repeat(64));
        let kinds = [
            "bela@example.org",
            "bela+lists/2026@example.org",
            "bela@localhost",
            "\"b e l a\"@example.org",
            "\"be\\\"la\"@example.org",
            "\"b@e\"@example.org",
            "béla@example.org",
            "用户@例え.jp",
            "bela@xn--bcher-kva.example",
            "bela@[192.0.2.1]",
            "bela@[IPv6:2001:db8::1]",
            &long,
        ];
        let to = kinds.map(str::to_owned);
        let all = envelope("", &to).unwrap();
        assert!(all.from().is_none());
        let commands = Commands::new(&all, b"a\r\n", false, &offers(&["SMTPUTF8"])).unwrap();
        assert_eq!(commands.mail.to_string(), "MAIL FROM:<> SMTPUTF8\r\n");
        let said = commands.recipients.iter().map(|(_, rcpt)| rcpt.to_string());
        let expected = kinds.iter().map(|kind| format!("RCPT TO:<{kind}>\r\n"));
        assert!(said.eq(expected), "{:?}", commands.recipients);
        for kind in kinds {
            assert_eq!(
                envelope(kind, &to).unwrap().from().unwrap().as_ref() as &str,
                kind
            );
        }
    }

    #[test]
    fn an_envelope_of_somebody_else_is_judged_too() {
        let evil = ["a>\r\nRCPT TO:<b", "a\n", "a\0", "a> <b", "\u{85}"];
        let (bela, long) = (
            "bela@example.org".parse::<Address>().unwrap(),
            "x".repeat(300),
        );
        for local in evil.into_iter().chain([long.as_str()]) {
            let unseen = Address::new_dangerous(local, "example.org");
            for (from, to) in [(&unseen, &bela), (&bela, &unseen)] {
                let envelope = Envelope::new(Some(from.clone()), vec![to.clone()]).unwrap();
                let judged = Commands::new(&envelope, b"a\r\n", false, &offers(&["SMTPUTF8"]));
                assert!(judged.is_err(), "{local:?}");
            }
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
    fn what_could_end_an_argument_is_no_address() {
        let token = format!("{}@example.org", "a".repeat(100));
        let marks = "\u{938}\u{902}\u{926}\u{94d}\u{930}@example.org";
        for some in ["\"a..b\"@example.org", "a@[127.0.0.1]", &token, marks] {
            assert_eq!(address(some).unwrap().to_string(), some);
        }
        let long = format!("{}@example.org", "a".repeat(250));
        for none in [
            "",
            "a",
            "@",
            "a@",
            "@b",
            "a@b>",
            "<a@b",
            "\"a>b\"@c.org",
            "a\r\n@b",
            "a@b\0",
            "a\u{2028}@b",
            "a b@c",
            "a@b@c",
            "@a,@b:c@d.org",
            "a@b..c",
            "\"a\"b\"@c",
            "\"a\\\"@c",
            &long,
        ] {
            assert!(address(none).is_err(), "{none}");
        }
    }
}
