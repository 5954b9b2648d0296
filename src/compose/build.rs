//! A composition becomes a mail: once and for all, with an envelope. RFC 5322 §3.6.

use std::borrow::Cow;
use std::collections::BTreeSet;

use lettre::message::header::{HeaderValue, Headers};

use crate::compose::address::{key, on_wire};
use crate::compose::date;
use crate::compose::header;
use crate::compose::parts::{self, Enclosure};
use crate::compose::raw;
use crate::compose::recipients;
use crate::mail::address::Address;
use crate::mail::composition::{Attachment, Composition, Source};
use crate::mail::outgoing::{AddressMistake, AddressProblem, Built, ComposeError, Moment};
use crate::mail::safe_text::SafeText;

/// What a draft on the server keeps of address lines that cannot be read yet: field, and the name under which the line
/// stands there as typed.
pub const UNREADABLE: [(&str, &str); 5] = [
    ("From", "X-Sterna-From"),
    ("To", "X-Sterna-To"),
    ("Cc", "X-Sterna-Cc"),
    ("Bcc", "X-Sterna-Bcc"),
    ("Reply-To", "X-Sterna-Reply-To"),
];

/// Builds a mail. `material` holds the bytes of the attachments, in their order.
///
/// # Errors
/// An address line that cannot be read, no sender or several, no recipient, an attachment without its bytes.
pub fn build(
    composition: &Composition,
    material: &[Vec<u8>],
    moment: &Moment,
) -> Result<Built, ComposeError> {
    let people = People::read(composition)?;
    let [from] = people.from.as_slice() else {
        return Err(ComposeError::NoSender);
    };
    let recipients = each_once(people.recipients());
    if recipients.is_empty() {
        return Err(ComposeError::NoRecipient);
    }
    let message_id = message_id(moment, &from.addr);
    let mut head = own_fields(moment, &message_id);
    people.write(&mut head);
    write_topic(composition, &mut head);
    let body = parts::body(
        &composition.body,
        &with_bytes(composition, material)?,
        moment.random,
    );
    let bcc = (!people.bcc.is_empty()).then(|| header::addresses("Bcc", &people.bcc));
    let needs_smtputf8 = people.all().any(|address| !address.addr.is_ascii());
    let wire = put_together(&head, None, &body);
    let built = Built {
        message_id,
        sender: from.addr.clone(),
        recipients,
        subject: composition.subject.clone(),
        copy: put_together(&head, bcc, &body),
        is_given: false,
        wire,
        needs_smtputf8,
    };
    checked(built)
}

/// Builds what the server keeps of a mail that is not finished: recipients may be missing or not be readable yet. The
/// Message-ID is a new one each time. Goes on by `reply` with `ReplyKind::Draft`.
///
/// # Errors
/// An attachment without its bytes.
pub fn draft(
    composition: &Composition,
    material: &[Vec<u8>],
    moment: &Moment,
) -> Result<Vec<u8>, ComposeError> {
    let mut readable = composition.clone();
    let mut unreadable = Vec::new();
    for ((_, line), (field, kept_as)) in lines(&mut readable).into_iter().zip(UNREADABLE) {
        if read(field, line).is_err() {
            unreadable.push(header::text(kept_as, line));
            line.clear();
        }
    }
    let people = People::read(&readable)?;
    let sender = people.from.first().map_or("", |from| from.addr.as_str());
    let mut head = own_fields(moment, &message_id(moment, sender));
    people.write(&mut head);
    if !people.bcc.is_empty() {
        head.insert_raw(header::addresses("Bcc", &people.bcc));
    }
    for field in unreadable {
        head.insert_raw(field);
    }
    write_topic(composition, &mut head);
    let attachments = with_bytes(composition, material)?;
    let body = parts::body(&composition.body, &attachments, moment.random);
    Ok(put_together(&head, None, &body))
}

fn lines(composition: &mut Composition) -> [(&'static str, &mut String); 5] {
    [
        ("From", &mut composition.from),
        ("To", &mut composition.to),
        ("Cc", &mut composition.cc),
        ("Bcc", &mut composition.bcc),
        ("Reply-To", &mut composition.reply_to),
    ]
}

/// The fields that only a clock and a random source can give.
fn own_fields(moment: &Moment, message_id: &str) -> Headers {
    let mut head = Headers::new();
    let date = date::field(moment.seconds, moment.offset_minutes);
    head.insert_raw(header::own("Date", date));
    head.insert_raw(header::own("Message-ID", format!("<{message_id}>")));
    head
}

/// A new Message-ID: it tells nothing of the machine. The domain is that of the sender.
pub fn message_id(moment: &Moment, sender: &str) -> String {
    let domain = sender.rsplit_once('@').map_or("", |(_, domain)| domain);
    let domain = if domain.is_empty() {
        "sterna.invalid"
    } else {
        domain
    };
    format!("{:x}.{:032x}@{domain}", moment.seconds, moment.random)
}

/// Subject, In-Reply-To and References.
fn write_topic(composition: &Composition, head: &mut Headers) {
    if !composition.subject.trim().is_empty() {
        head.insert_raw(header::text("Subject", &composition.subject));
    }
    let in_reply_to = composition.in_reply_to.as_deref();
    let references = composition.references.iter().map(String::as_str);
    let ids = [
        header::ids("In-Reply-To", in_reply_to),
        header::ids("References", references),
    ];
    for field in ids.into_iter().flatten() {
        head.insert_raw(field);
    }
    head.insert_raw(header::own("MIME-Version", "1.0".to_owned()));
}

/// The attachments with their bytes. A message of the user's may be his own with a Bcc, which goes to nobody else; a file
/// is what he chose, as it is.
fn with_bytes<'a>(
    composition: &'a Composition,
    material: &'a [Vec<u8>],
) -> Result<Vec<Enclosure<'a>>, ComposeError> {
    let attachments = composition.attachments.iter().enumerate();
    let is_message = |attachment: &Attachment| match attachment.source {
        Source::Message(_) => true,
        Source::Part { .. } | Source::Given { .. } => {
            attachment.media_type.eq_ignore_ascii_case("message/rfc822")
        }
        Source::File(_) => false,
    };
    attachments
        .map(|(n, attachment)| match material.get(n) {
            Some(bytes) if is_message(attachment) => {
                Ok((attachment, Cow::Owned(raw::without_secrets(bytes))))
            }
            Some(bytes) => Ok((attachment, Cow::Borrowed(bytes.as_slice()))),
            None => Err(ComposeError::NoBytes {
                name: SafeText::line_up_to(&attachment.name, 200),
            }),
        })
        .collect()
}

fn put_together(head: &Headers, last: Option<HeaderValue>, body: &[u8]) -> Vec<u8> {
    let mut head = head.clone();
    if let Some(field) = last {
        head.insert_raw(field);
    }
    let mut bytes = head.to_string().into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The promise of [`Built`], looked at once more: whatever was typed, no byte leaves that a server could misread.
pub fn checked(built: Built) -> Result<Built, ComposeError> {
    match raw::first_defect(&built.wire).or_else(|| raw::first_defect(&built.copy)) {
        Some((line, problem)) => Err(ComposeError::NotAMessage { line, problem }),
        None => Ok(built),
    }
}

/// The addresses of an envelope: nobody gets a mail twice.
pub fn each_once<'a>(people: impl Iterator<Item = &'a Address>) -> Vec<String> {
    let mut keys = BTreeSet::new();
    let firsts = people.filter(|address| keys.insert(key(&address.addr)));
    firsts.map(|address| address.addr.clone()).collect()
}

/// Everybody named in a mail, as they stand on the wire.
struct People {
    from: Vec<Address>,
    to: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
    reply_to: Vec<Address>,
}

impl People {
    fn read(composition: &Composition) -> Result<Self, ComposeError> {
        Ok(Self {
            from: read("From", &composition.from)?,
            to: read("To", &composition.to)?,
            cc: read("Cc", &composition.cc)?,
            bcc: read("Bcc", &composition.bcc)?,
            reply_to: read("Reply-To", &composition.reply_to)?,
        })
    }

    fn recipients(&self) -> impl Iterator<Item = &Address> {
        self.to.iter().chain(&self.cc).chain(&self.bcc)
    }

    fn all(&self) -> impl Iterator<Item = &Address> {
        let senders = self.from.iter().chain(&self.reply_to);
        senders.chain(self.recipients())
    }

    /// All but Bcc.
    fn write(&self, head: &mut Headers) {
        let fields = [
            ("From", &self.from),
            ("To", &self.to),
            ("Cc", &self.cc),
            ("Reply-To", &self.reply_to),
        ];
        for (name, list) in fields {
            if !list.is_empty() {
                head.insert_raw(header::addresses(name, list));
            }
        }
        // A mail without To and Cc is suspect to some servers, and shows whom it went to on others.
        if self.to.is_empty() && self.cc.is_empty() && !self.bcc.is_empty() {
            let nobody = "undisclosed-recipients:;".to_owned();
            head.insert_raw(header::own("To", nobody));
        }
    }
}

/// Reads a typed line to addresses for the wire.
pub fn read(field: &'static str, line: &str) -> Result<Vec<Address>, ComposeError> {
    let wrong = |mistake: AddressMistake| {
        let typed = line.get(mistake.place.clone()).unwrap_or_default();
        ComposeError::Addresses {
            field,
            typed: SafeText::line_up_to(typed, 100),
            mistake,
        }
    };
    let list = recipients::parse(line).map_err(wrong)?;
    let wired = list.into_iter().map(|address| {
        let addr = on_wire(&address.addr)?;
        Ok(Address { addr, ..address })
    });
    let wired: Result<Vec<Address>, AddressProblem> = wired.collect();
    wired.map_err(|problem| {
        wrong(AddressMistake {
            place: 0..line.len(),
            problem,
        })
    })
}
