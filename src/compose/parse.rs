//! A message that somebody else put together, made fit to be sent: its words stay, what is missing is added. RFC 6409 §8.

use std::borrow::Cow;

use lettre::message::header::Headers;

use crate::compose::address::on_wire;
use crate::compose::build::{checked, each_once, message_id};
use crate::compose::date;
use crate::compose::header;
use crate::compose::identity;
use crate::compose::raw::{self, RawField};
use crate::mail::address::Address;
use crate::mail::composition::Identity;
use crate::mail::outgoing::{AddressMistake, AddressProblem, Built, ComposeError, Moment};
use crate::mail::safe_text::SafeText;
use crate::mime::{addresses, ids, words};

/// Addresses of one field; no server takes more.
const ADDRESSES: usize = 10_000;

/// The fields with addresses, and where replies go.
const PEOPLE: [&str; 6] = ["From", "Sender", "Reply-To", "To", "Cc", "Bcc"];

/// Makes a mail of the bytes of an RFC 5322 message, with any line ends. The recipients are those of To, Cc and Bcc; no
/// Bcc leaves; From, Date, Message-ID and MIME-Version are added where they are missing.
///
/// # Errors
/// A header that is none, an address that cannot be sent to, nobody addressed, several authors without a Sender, or
/// lines that no server takes.
pub fn message(bytes: &[u8], identity: &Identity, moment: &Moment) -> Result<Built, ComposeError> {
    let bytes = raw::with_crlf(bytes);
    let (mut fields, body) = raw::split(&bytes).map_err(|line| ComposeError::NotAMessage {
        line,
        problem: "this is no header field; an empty line ends the header",
    })?;
    if fields.is_empty() {
        return Err(not_a_message("it has no header"));
    }
    let mut from = people(&fields, "From")?;
    let mut added = Headers::new();
    if from.is_empty() {
        from = vec![identity::address(identity)];
        added.insert_raw(header::addresses("From", &from));
        fields.retain(|field| !field.is("From"));
    }
    let sender = sender(&fields, from)?;
    let mut everybody = Vec::new();
    for name in ["To", "Cc", "Bcc"] {
        everybody.extend(people(&fields, name)?);
    }
    let recipients = each_once(everybody.iter());
    if recipients.is_empty() {
        return Err(ComposeError::NoRecipient);
    }
    let message_id = add_missing(&fields, body, &sender, moment, &mut added)?;
    let fields: Vec<RawField<'_>> = fields.into_iter().map(encoded).collect();
    let head = added.to_string();
    let wire = raw::joined(
        &head,
        fields.iter().filter(|field| !field.is_secret()),
        body,
    );
    let head_is_8bit = fields.iter().any(|field| !field.whole.is_ascii());
    checked(Built {
        message_id,
        needs_smtputf8: head_is_8bit
            || recipients
                .iter()
                .chain([&sender])
                .any(|addr| !addr.is_ascii()),
        sender,
        recipients,
        subject: crate::mime::header::envelope(&bytes).subject,
        copy: raw::joined(&head, &fields, body),
        is_given: true,
        wire,
    })
}

/// Who sends: Sender, else the only author. RFC 5322 §3.6.2.
fn sender(fields: &[RawField<'_>], from: Vec<Address>) -> Result<String, ComposeError> {
    let mut all = people(fields, "Sender")?;
    let has_sender = has(fields, "Sender");
    all.extend(from);
    let sender = match all.as_slice() {
        [sender] => sender,
        [sender, ..] if has_sender => sender,
        _ => return Err(ComposeError::NoSender),
    };
    on_wire(&sender.addr).map_err(|problem| unfit("From", &sender.addr, problem))
}

fn has(fields: &[RawField<'_>], name: &str) -> bool {
    fields.iter().any(|field| field.is(name))
}

const fn not_a_message(problem: &'static str) -> ComposeError {
    ComposeError::NotAMessage { line: 0, problem }
}

/// Adds what a message must have and this one has not; gives its Message-ID.
fn add_missing(
    fields: &[RawField<'_>],
    body: &[u8],
    sender: &str,
    moment: &Moment,
    added: &mut Headers,
) -> Result<String, ComposeError> {
    if !has(fields, "Date") {
        let date = date::field(moment.seconds, moment.offset_minutes);
        added.insert_raw(header::own("Date", date));
    }
    let message_id = if let Some(field) = fields.iter().find(|field| field.is("Message-ID")) {
        ids::message_id(field.value())
            .filter(|id| header::is_id(id))
            .ok_or(not_a_message("its Message-ID is none"))?
    } else {
        let id = message_id(moment, sender);
        added.insert_raw(header::own("Message-ID", format!("<{id}>")));
        id
    };
    if !has(fields, "Content-Type") && !body.is_ascii() {
        if std::str::from_utf8(body).is_err() {
            return Err(not_a_message(
                "its text is not UTF-8 and it says no charset",
            ));
        }
        added.insert_raw(header::own(
            "Content-Type",
            "text/plain; charset=utf-8".to_owned(),
        ));
        if !has(fields, "Content-Transfer-Encoding") {
            added.insert_raw(header::own("Content-Transfer-Encoding", "8bit".to_owned()));
        }
    }
    let has_mime = fields
        .iter()
        .any(|field| field.name.to_ascii_lowercase().starts_with("content-"));
    if (has_mime || !body.is_ascii()) && !has(fields, "MIME-Version") {
        added.insert_raw(header::own("MIME-Version", "1.0".to_owned()));
    }
    Ok(message_id)
}

/// The addresses of all fields of a name, fit for the wire; one that is unfit is an error, not left out.
fn people(fields: &[RawField<'_>], name: &'static str) -> Result<Vec<Address>, ComposeError> {
    let mut all = Vec::new();
    for field in fields.iter().filter(|field| field.is(name)) {
        let list = addresses::list(field.value(), "", ADDRESSES + 1);
        if list.len() > ADDRESSES {
            return Err(not_a_message("it has a field with over 10,000 addresses"));
        }
        for address in list {
            let typed = if address.addr.is_empty() {
                &address.name
            } else {
                &address.addr
            };
            let addr = on_wire(&address.addr).map_err(|problem| unfit(name, typed, problem))?;
            all.push(Address { addr, ..address });
        }
    }
    Ok(all)
}

fn unfit(field: &'static str, typed: &str, problem: AddressProblem) -> ComposeError {
    ComposeError::Addresses {
        field,
        typed: SafeText::line_up_to(typed, 100),
        mistake: AddressMistake {
            place: 0..typed.len(),
            problem,
        },
    }
}

/// Scripts write raw UTF-8 into their headers, which most servers take but many readers garble: encoded as it should be.
fn encoded(field: RawField<'_>) -> RawField<'_> {
    if field.whole.is_ascii() {
        return field;
    }
    let people = PEOPLE.iter().find(|name| field.is(name));
    let mut fields = Headers::new();
    let is_subject = field.is("Subject") || field.is("Comments");
    if let Some(name) = people {
        let list = addresses::list(field.value(), "", ADDRESSES);
        let wired = list.into_iter().map(|address| {
            let addr = on_wire(&address.addr)?;
            Ok(Address { addr, ..address })
        });
        // Of a Reply-To nothing is left out either.
        let wired: Result<Vec<Address>, AddressProblem> = wired.collect();
        let Ok(wired) = wired else { return field };
        fields.insert_raw(header::addresses(name, &wired));
    } else if is_subject {
        let name = if field.is("Subject") {
            "Subject"
        } else {
            "Comments"
        };
        fields.insert_raw(header::text(name, &words::text(field.value(), "")));
    } else {
        return field;
    }
    RawField {
        name: field.name,
        whole: Cow::Owned(fields.to_string().into_bytes()),
    }
}
