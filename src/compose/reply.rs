//! What a new mail begins with: nothing, or another mail that it answers, forwards or goes on with.

use crate::compose::build::UNREADABLE;
use crate::compose::identity::{self, Chosen, Own};
use crate::compose::quote;
use crate::compose::recipients;
use crate::compose::signature;
use crate::compose::subject;
use crate::compose::target::{self, Target};
use crate::mail::address::Address;
use crate::mail::composition::{
    Attachment, Composition, Identity, Origin, OriginKind, ReplyKind, Source,
};
use crate::mail::file_name;
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::ComposeError;
use crate::mail::part::PartInfo;
use crate::mime::answering::{self, Answering};
use crate::mime::message::Message;
use crate::mime::{quotable, render};

/// The mail that is taken up.
#[derive(Debug, Clone)]
pub struct Original<'a> {
    /// Which it is here; `None` for one that is not in the store, then nothing of it can be attached.
    pub id: Option<MessageId>,
    /// Taken apart; its text should be on this machine.
    pub message: &'a Message,
    /// What its header says to whoever answers.
    pub answering: Answering,
    /// Its size in bytes, whole.
    pub size_bytes: u64,
}

impl<'a> Original<'a> {
    /// A mail by its header block (or all of its bytes) and by what `mime` made of it.
    #[must_use]
    pub fn new(
        id: Option<MessageId>,
        header: &[u8],
        message: &'a Message,
        size_bytes: u64,
    ) -> Self {
        Self {
            id,
            message,
            answering: answering::read(header),
            size_bytes,
        }
    }
}

/// A new mail: a sender and a signature.
#[must_use]
pub fn fresh(identity: &Identity) -> Composition {
    Composition {
        from: recipients::line(&[identity::address(identity)]),
        body: with_signature("", Some(identity)),
        ..Composition::default()
    }
}

/// Begins a mail that takes up another one.
///
/// # Errors
/// [`ComposeError::NoList`] for [`ReplyKind::List`] where the mail names no list that takes mail.
pub fn reply(
    original: &Original<'_>,
    kind: ReplyKind,
    own: Own<'_>,
) -> Result<Composition, ComposeError> {
    let chosen = identity::choose(own, &original.message.envelope, &original.answering);
    let target = match kind {
        ReplyKind::Sender | ReplyKind::Unquoted => target::sender(original, own),
        ReplyKind::All => target::all(original, own),
        ReplyKind::List => target::list(original).ok_or(ComposeError::NoList)?,
        ReplyKind::Forward | ReplyKind::ForwardAttached => {
            return Ok(forward(original, kind, &chosen));
        }
        ReplyKind::EditAsNew | ReplyKind::Draft => {
            return Ok(again(original, kind, &chosen, own));
        }
    };
    Ok(answer(original, kind, &target, &chosen))
}

fn answer(
    original: &Original<'_>,
    kind: ReplyKind,
    target: &Target,
    chosen: &Chosen<'_>,
) -> Composition {
    let envelope = &original.message.envelope;
    let text = if kind == ReplyKind::Unquoted {
        String::new()
    } else {
        let quoted = quote::quoted(&quotable::paragraphs(original.message));
        format!("{}\n{quoted}", quote::attribution(envelope))
    };
    let me = chosen.identity();
    let own_id = Some(&envelope.message_id).filter(|id| !id.is_empty());
    Composition {
        from: from_line(me),
        to: recipients::line(&target.to),
        cc: recipients::line(&target.cc),
        subject: subject::reply(&envelope.subject),
        body: with_signature(&text, me),
        in_reply_to: own_id.cloned(),
        references: envelope.references.iter().chain(own_id).cloned().collect(),
        origin: origin(original, OriginKind::Reply, chosen),
        ..Composition::default()
    }
}

fn forward(original: &Original<'_>, kind: ReplyKind, chosen: &Chosen<'_>) -> Composition {
    let envelope = &original.message.envelope;
    let me = chosen.identity();
    let mut composition = Composition {
        from: from_line(me),
        subject: subject::forward(&envelope.subject),
        origin: origin(original, OriginKind::Forward, chosen),
        ..Composition::default()
    };
    if kind == ReplyKind::ForwardAttached {
        composition.body = with_signature("", me);
        composition.attachments = original
            .id
            .map(|id| enclosed(original, id))
            .into_iter()
            .collect();
    } else {
        let text = quote::forwarded(&quotable::paragraphs(original.message));
        let head = quote::forwarded_head(envelope);
        composition.body = with_signature(&format!("\n\n{head}\n{text}"), me);
        composition.attachments = of_the_original(original);
    }
    composition
}

/// The content of a mail once more: as a new mail, or, for a draft, as the mail that it will be.
fn again(
    original: &Original<'_>,
    kind: ReplyKind,
    chosen: &Chosen<'_>,
    own: Own<'_>,
) -> Composition {
    let envelope = &original.message.envelope;
    let is_draft = kind == ReplyKind::Draft;
    let can_write = |from: &Address| own.writer(&from.addr).is_some();
    let keeps_from = is_draft && !envelope.from.is_empty() || envelope.from.iter().any(can_write);
    let mut composition = Composition {
        from: if keeps_from {
            recipients::line(&envelope.from)
        } else {
            from_line(chosen.identity())
        },
        to: recipients::line(&envelope.to),
        cc: recipients::line(&envelope.cc),
        bcc: recipients::line(&envelope.bcc),
        // Answers to the new mail are the user's.
        reply_to: if keeps_from {
            recipients::line(&envelope.reply_to)
        } else {
            String::new()
        },
        subject: crate::compose::address::clean_name(&envelope.subject),
        body: quote::plain(&quotable::paragraphs(original.message)),
        attachments: of_the_original(original),
        ..Composition::default()
    };
    if is_draft {
        let in_reply_to = field(original.message, "In-Reply-To").and_then(bracketed);
        composition.in_reply_to = in_reply_to;
        composition.is_formatted = render::is_formatted(original.message);
        composition.references.clone_from(&envelope.references);
        let lines = [
            &mut composition.from,
            &mut composition.to,
            &mut composition.cc,
            &mut composition.bcc,
            &mut composition.reply_to,
        ];
        for (line, (_, kept_as)) in lines.into_iter().zip(UNREADABLE) {
            if let Some(typed) = field(original.message, kept_as) {
                *line = crate::compose::address::clean_name(typed);
            }
        }
    }
    composition
}

fn field<'a>(message: &'a Message, name: &str) -> Option<&'a str> {
    let mut headers = message.headers.iter();
    let found = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(&found.value)
}

fn bracketed(value: &str) -> Option<String> {
    let (id, _) = value.split_once('<')?.1.split_once('>')?;
    Some(id.trim().to_owned())
}

fn from_line(identity: Option<&Identity>) -> String {
    identity.map_or_else(String::new, |identity| {
        recipients::line(&[identity::address(identity)])
    })
}

fn origin(original: &Original<'_>, kind: OriginKind, chosen: &Chosen<'_>) -> Option<Origin> {
    Some(Origin {
        message: original.id?,
        kind,
        addressed: chosen.addressed.clone(),
    })
}

/// A text with room to write under it, then the signature.
fn with_signature(text: &str, identity: Option<&Identity>) -> String {
    let signature = identity.map(signature::lines).unwrap_or_default();
    match (text.is_empty(), signature.is_empty()) {
        (true, true) => String::new(),
        (true, false) => format!("\n\n{signature}"),
        (false, true) => format!("{text}\n"),
        (false, false) => format!("{text}\n\n{signature}"),
    }
}

/// The whole original as an attachment.
fn enclosed(original: &Original<'_>, id: MessageId) -> Attachment {
    let subject = file_name::safe(&original.message.envelope.subject, "message");
    Attachment {
        name: format!("{subject}.eml"),
        media_type: "message/rfc822".to_owned(),
        size_bytes: original.size_bytes,
        source: Source::Message(id),
    }
}

fn of_the_original(original: &Original<'_>) -> Vec<Attachment> {
    let attached = original
        .id
        .map(|message| attachments(original.message, |part| Source::Part { message, part }));
    attached.unwrap_or_default()
}

/// What goes with a message beside its text, each from where its part is; parts of enclosed messages go with these.
pub(super) fn attachments(message: &Message, source: impl Fn(String) -> Source) -> Vec<Attachment> {
    let all = render::attachments(message);
    let is_inside = |info: &PartInfo| {
        all.iter().any(|outer| {
            outer.content_type.starts_with("message/")
                && outer.path != info.path
                && info.path.numbers().starts_with(outer.path.numbers())
        })
    };
    let outer = all.iter().filter(|info| !is_inside(info));
    outer
        .map(|info| Attachment {
            name: file_name::safe(&info.name, fallback_name(info)),
            media_type: media_type(info),
            size_bytes: decoded_size(info),
            source: source(info.path.to_string()),
        })
        .collect()
}

/// The type of a part; a text says in which charset it is, as its bytes are passed on as they are.
fn media_type(info: &PartInfo) -> String {
    let (typed, charset) = (&info.content_type, &info.charset);
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '+');
    let is_said = typed.starts_with("text/") && !matches!(charset.as_str(), "" | "us-ascii");
    if is_said && charset.len() <= 40 && charset.chars().all(is_token) {
        return format!("{typed}; charset={charset}");
    }
    typed.clone()
}

fn fallback_name(info: &PartInfo) -> &'static str {
    match info.content_type.as_str() {
        "message/rfc822" | "message/global" => "message.eml",
        "text/html" => "text.html",
        "text/calendar" => "invitation.ics",
        picture if picture.starts_with("image/") => "picture",
        _ => "attachment",
    }
}

/// Size without the transfer encoding; base64 has 57 bytes in a line of 76 and its end.
fn decoded_size(info: &PartInfo) -> u64 {
    if info.encoding == "base64" {
        info.size_bytes.saturating_mul(57) / 78
    } else {
        info.size_bytes
    }
}
