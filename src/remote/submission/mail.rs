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
mod tests;
