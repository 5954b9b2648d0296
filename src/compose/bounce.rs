//! A mail sent on to somebody else as it is: only Resent fields stand before it. RFC 5322 §3.6.6.

use lettre::message::header::Headers;

use crate::compose::build::{checked, each_once, message_id, read};
use crate::compose::date;
use crate::compose::header;
use crate::compose::identity;
use crate::compose::raw;
use crate::compose::recipients;
use crate::mail::composition::Identity;
use crate::mail::outgoing::{Built, ComposeError, Moment};

/// Builds it from the bytes of the original. `to` is a line as typed. Every Bcc of the original stays in the copy alone.
///
/// # Errors
/// An address that cannot be read, nobody addressed, or an original with lines that no server takes: forward it as an
/// attachment then.
pub fn bounce(
    original: &[u8],
    identity: &Identity,
    to: &str,
    moment: &Moment,
) -> Result<Built, ComposeError> {
    let from = read("From", &recipients::line(&[identity::address(identity)]))?;
    let [sender] = from.as_slice() else {
        return Err(ComposeError::NoSender);
    };
    let to = read("To", to)?;
    let recipients = each_once(to.iter());
    if recipients.is_empty() {
        return Err(ComposeError::NoRecipient);
    }
    let bytes = raw::with_crlf(original);
    let (fields, body) = raw::split(&bytes).map_err(|line| ComposeError::NotAMessage {
        line,
        problem: "this is no header field",
    })?;
    let message_id = message_id(moment, &sender.addr);
    let mut head = Headers::new();
    let date = date::field(moment.seconds, moment.offset_minutes);
    head.insert_raw(header::addresses("Resent-From", &from));
    head.insert_raw(header::addresses("Resent-To", &to));
    head.insert_raw(header::own("Resent-Date", date));
    head.insert_raw(header::own("Resent-Message-ID", format!("<{message_id}>")));
    let head = head.to_string();
    let wire = raw::joined(
        &head,
        fields.iter().filter(|field| !field.is_secret()),
        body,
    );
    let mut addresses = from.iter().chain(&to);
    checked(Built {
        message_id,
        sender: sender.addr.clone(),
        recipients,
        subject: crate::mime::header::envelope(&bytes).subject,
        copy: raw::joined(&head, &fields, body),
        needs_smtputf8: addresses.any(|address| !address.addr.is_ascii()),
        is_given: false,
        wire,
    })
}
