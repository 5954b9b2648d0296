//! One sample letter: what it says and how it becomes bytes, by lettre's builder.

use std::time::{Duration, SystemTime};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Body, Mailbox, Message, MultiPart, SinglePart};

use crate::demo::sample::attachment;

/// A letter as the texts describe it.
#[derive(Debug, Clone, Default)]
pub struct Letter {
    /// Raw mailbox name.
    pub mailbox: String,
    /// Display name and address of the author.
    pub from: (String, String),
    /// Recipients; empty where the letter goes to a list.
    pub to: Vec<(String, String)>,
    /// Subject; empty for none.
    pub subject: String,
    /// Seconds since the epoch.
    pub date: i64,
    /// Without brackets.
    pub message_id: String,
    /// Earlier letters of the thread, without brackets, oldest first.
    pub references: Vec<String>,
    /// Plain text; empty where only `html` is there.
    pub text: String,
    /// HTML; empty for none.
    pub html: String,
    /// Whether the text is format=flowed.
    pub flowed: bool,
    /// File names of attachments; [`attachment::content`] makes their bytes.
    pub files: Vec<String>,
    /// A letter to forward as message/rfc822.
    pub forwarded: Option<Box<Self>>,
    /// Flags and keywords, in the spelling of IMAP.
    pub flags: Vec<String>,
}

/// Reads `name` and `address` into lettre's mailbox; an address that lettre refuses becomes one that says so.
fn mailbox((name, address): &(String, String)) -> Option<Mailbox> {
    let name = (!name.is_empty() && name != address).then(|| name.clone());
    Some(Mailbox::new(name, address.parse().ok()?))
}

fn raw(name: &'static str, value: String) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value)
}

impl Letter {
    /// The mailing list that the mailbox stands for: `rust` for `Lists/rust`.
    pub fn list(&self) -> Option<&str> {
        self.mailbox.strip_prefix("Lists/")
    }

    /// The message; `None` where lettre refuses it, which a test excludes for all samples.
    pub fn build(&self) -> Option<Vec<u8>> {
        let seconds = u64::try_from(self.date).ok()?;
        let mut builder = Message::builder()
            .from(mailbox(&self.from)?)
            .subject(self.subject.clone())
            .date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds))
            .message_id(Some(format!("<{}>", self.message_id)));
        for to in &self.to {
            builder = builder.to(mailbox(to)?);
        }
        if let Some(last) = self.references.last() {
            let all: Vec<String> = self.references.iter().map(|id| format!("<{id}>")).collect();
            builder = builder
                .in_reply_to(format!("<{last}>"))
                .references(all.join(" "));
        }
        if let Some(list) = self.list() {
            let address = format!("{list}@lists.example.org");
            builder = builder
                .to(Mailbox::new(None, address.parse().ok()?))
                .raw_header(raw("List-Id", format!("<{list}.lists.example.org>")))
                .raw_header(raw("List-Post", format!("<mailto:{address}>")))
                .raw_header(raw(
                    "List-Unsubscribe",
                    format!("<mailto:{list}-leave@lists.example.org>"),
                ));
        }
        let message = if self.files.is_empty() && self.forwarded.is_none() {
            match (self.text.is_empty(), self.html.is_empty()) {
                (_, true) => builder.singlepart(self.plain()),
                (true, false) => builder.singlepart(SinglePart::html(self.html.clone())),
                (false, false) => builder.multipart(self.alternative("alternative")),
            }
        } else {
            builder.multipart(self.mixed()?)
        };
        message.ok().map(|message| message.formatted())
    }

    fn plain(&self) -> SinglePart {
        let content_type = if self.flowed {
            "text/plain; charset=utf-8; format=flowed"
        } else {
            "text/plain; charset=utf-8"
        };
        SinglePart::builder()
            .header(ContentType::parse(content_type).unwrap_or(ContentType::TEXT_PLAIN))
            .body(crlf(&self.text))
    }

    fn alternative(&self, boundary: &str) -> MultiPart {
        MultiPart::alternative()
            .boundary(format!("sterna-{boundary}"))
            .singlepart(self.plain())
            .singlepart(SinglePart::html(crlf(&self.html)))
    }

    fn mixed(&self) -> Option<MultiPart> {
        let builder = MultiPart::mixed().boundary("sterna-mixed");
        let mut parts = match (self.text.is_empty(), self.html.is_empty()) {
            (_, true) => builder.singlepart(self.plain()),
            (true, false) => builder.singlepart(SinglePart::html(crlf(&self.html))),
            (false, false) => builder.multipart(self.alternative("inner")),
        };
        for file in &self.files {
            let (bytes, content_type) = attachment::content(file, self.date);
            let content_type = ContentType::parse(content_type).ok()?;
            parts = parts.singlepart(Attachment::new(file.clone()).body(bytes, content_type));
        }
        if let Some(forwarded) = &self.forwarded {
            // What lettre has built is 7bit by itself; `body` would encode it again, which message/rfc822 forbids.
            let body =
                Body::dangerous_pre_encoded(forwarded.build()?, ContentTransferEncoding::SevenBit);
            parts = parts.singlepart(
                SinglePart::builder()
                    .header(ContentType::parse("message/rfc822").ok()?)
                    .body(body),
            );
        }
        Some(parts)
    }
}

fn crlf(text: &str) -> String {
    text.replace('\n', "\r\n")
}
