//! Mail being written: everything as typed, so that nothing of it is lost while it is not finished.
//!
//! Plain data. What it becomes on the wire is built in `compose`; `state.db` keeps it as JSON, so a new field needs a
//! default and a name never changes its meaning.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::mail::message_id::MessageId;

/// The longest text that can be edited, in bytes.
pub const MAX_TEXT_BYTES: usize = 1 << 20;

/// One mail while it is written. Address fields are lines as typed, with names and commas; empty where nothing is.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Composition {
    /// Who writes.
    pub from: String,
    /// The recipients.
    pub to: String,
    /// Recipients of a copy.
    pub cc: String,
    /// Recipients whom the others do not see.
    pub bcc: String,
    /// Where answers shall go; empty where they go to `from`.
    pub reply_to: String,
    /// One line.
    pub subject: String,
    /// The text: lines end with LF, quoted ones begin with `>`.
    pub body: String,
    /// In the order in which they will stand.
    pub attachments: Vec<Attachment>,
    /// The Message-ID that is answered, without brackets; `None` for a new thread.
    pub in_reply_to: Option<String>,
    /// The References, without brackets, oldest first.
    pub references: Vec<String>,
    /// The mail that this one answers or forwards; `None` for a new mail.
    pub origin: Option<Origin>,
    /// It goes on from a draft that another program has formatted. Only its text is here, so the draft stays on the server
    /// as it is until this mail was sent.
    pub is_formatted: bool,
    /// Lines of an editor's head that could not be read, as they were put on top of the text; empty for none. As long as they
    /// stand there, the mail is not sent without a question.
    pub unread_head: String,
    /// It was handed over as a finished message, of which this cannot be kept here: header fields, by their names, and forms of
    /// the text; empty for none.
    pub left_out: Vec<String>,
}

impl Composition {
    /// The line of the body on which to begin writing, counted from 0: the empty line before the own signature, the end
    /// of the quoted text, or the top of what is forwarded.
    #[must_use]
    pub fn first_line_to_write(&self) -> usize {
        let is_forward = self
            .origin
            .as_ref()
            .is_some_and(|origin| origin.kind == OriginKind::Forward);
        if is_forward {
            return 0;
        }
        let lines: Vec<&str> = self.body.split('\n').collect();
        let signature = lines.iter().rposition(|line| *line == "-- ");
        let end = signature.unwrap_or(lines.len());
        let before = lines.get(..end).unwrap_or_default();
        let text = before.iter().rposition(|line| !line.is_empty());
        let wanted = text.map_or(0, |at| at + 2);
        wanted.min(end.saturating_sub(1))
    }
}

/// Something that goes with a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The file name that the recipients see.
    pub name: String,
    /// Lower-case media type; `application/octet-stream` where it is not known. Of a text that is passed on also its charset,
    /// as in `text/plain; charset=iso-8859-1`.
    pub media_type: String,
    /// Size in bytes, not encoded, when it was attached.
    pub size_bytes: u64,
    /// Where the bytes are until the mail is built.
    pub source: Source,
}

/// Where the bytes of an attachment are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// A file on this machine; read when the mail is built.
    File(#[serde(with = "path")] PathBuf),
    /// A whole message, forwarded as message/rfc822.
    Message(MessageId),
    /// A part of a message.
    Part {
        /// Which message.
        message: MessageId,
        /// Which part, as in `1.2`.
        part: String,
    },
    /// A part of the mail that was handed over as a finished message, which lies with its draft.
    Given {
        /// Which part, as in `1.2`.
        part: String,
    },
}

impl Source {
    /// The message of a mailbox that it is, or is a part of; `None` for what is none.
    #[must_use]
    pub const fn message(&self) -> Option<MessageId> {
        match self {
            Self::File(_) | Self::Given { .. } => None,
            Self::Message(message) | Self::Part { message, .. } => Some(*message),
        }
    }
}

/// The mail from which this one came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Which message.
    pub message: MessageId,
    /// What is done with it.
    pub kind: OriginKind,
    /// The own addresses that it was sent to; empty where it does not say.
    #[serde(default)]
    pub addressed: Vec<String>,
}

/// What becomes of the origin once the mail was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OriginKind {
    /// It gets `\Answered`.
    Reply,
    /// It gets `$Forwarded`.
    Forward,
}

/// In which way a message is taken up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ReplyKind {
    /// A reply to its author.
    Sender,
    /// A reply to its author and all recipients.
    All,
    /// A reply to the mailing list that it came through.
    List,
    /// A reply to its author that quotes nothing.
    Unquoted,
    /// Forwarded as text, with its attachments.
    Forward,
    /// Forwarded whole, as message/rfc822.
    ForwardAttached,
    /// A new mail with the same content.
    EditAsNew,
    /// A draft of this or another client, to be gone on with.
    Draft,
}

/// An identity: one of the addresses under which the user writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// Display name; empty for none.
    pub name: String,
    /// The address.
    pub email: String,
    /// The text under a mail, without the line `-- `; empty for none.
    pub signature: String,
}

/// What looks wrong with a mail that is about to be sent; never a reason to refuse it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Warning {
    /// The text speaks of an attachment, in this word, and there is none.
    NoAttachment(String),
    /// The subject is empty.
    NoSubject,
    /// Nobody is addressed.
    NoRecipient,
    /// The answered mail came to this address, and another one answers.
    OtherIdentity(String),
    /// The answered mail does not say to which of several own addresses it came.
    UnknownIdentity,
    /// Another program has formatted it: that is lost, also on the server.
    Formatting,
    /// The text begins with lines of a head that could not be read; the first of them.
    UnreadHead(String),
    /// It was handed over as a finished message, and this of it is not sent.
    LeftOut(Vec<String>),
}

/// A path as text where it is UTF-8, else as bytes: JSON must not lose a file with an odd name.
mod path {
    use std::ffi::OsString;
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    use std::path::{Path, PathBuf};

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[serde(untagged)]
    enum Form {
        Text(PathBuf),
        Bytes(Vec<u8>),
    }

    pub fn serialize<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
        match path.to_str() {
            Some(_) => Form::Text(path.to_path_buf()),
            None => Form::Bytes(path.as_os_str().as_bytes().to_vec()),
        }
        .serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<PathBuf, D::Error> {
        Ok(match Form::deserialize(deserializer)? {
            Form::Text(path) => path,
            Form::Bytes(bytes) => OsString::from_vec(bytes).into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn everything() -> Composition {
        let message = MessageId::new(7).unwrap();
        let attachment = |source| Attachment {
            name: "a\u{fc}\n\"b\".txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 5,
            source,
        };
        Composition {
            from: "Anna <anna@example.org>".to_owned(),
            to: "b@example.org, \u{1f426}".to_owned(),
            body: "line\n\n-- \nme\n".to_owned(),
            attachments: vec![
                attachment(Source::File("/tmp/a b".into())),
                attachment(Source::File(OsString::from_vec(vec![b'/', 0xff]).into())),
                attachment(Source::Message(message)),
                attachment(Source::Part {
                    message,
                    part: "1.2".to_owned(),
                }),
            ],
            in_reply_to: Some("a@b".to_owned()),
            references: vec!["x@y".to_owned(), "a@b".to_owned()],
            origin: Some(Origin {
                message,
                kind: OriginKind::Reply,
                addressed: vec!["anna@example.org".to_owned()],
            }),
            ..Composition::default()
        }
    }

    #[test]
    fn a_composition_comes_back_from_json() {
        for composition in [Composition::default(), everything()] {
            let json = serde_json::to_string(&composition).unwrap();
            assert_eq!(
                serde_json::from_str::<Composition>(&json).unwrap(),
                composition,
                "{json}"
            );
        }
    }

    #[test]
    fn a_composition_of_an_older_version_lacks_fields() {
        let json = r#"{"to":"a@b","origin":{"message":3,"kind":"Forward"}}"#;
        let composition: Composition = serde_json::from_str(json).unwrap();
        assert_eq!(composition.to, "a@b");
        assert!(composition.origin.unwrap().addressed.is_empty());
    }

    #[test]
    fn writing_begins_after_the_quote_and_before_the_signature() {
        for (body, expected) in [
            ("", 0),
            ("\n\n-- \nme\n", 0),
            ("On Monday A wrote:\n> b\n\n\n\n-- \nme\n", 3),
            ("> b\n\n", 2),
            ("> b", 0),
            ("-- \nme", 0),
        ] {
            let composition = Composition {
                body: body.to_owned(),
                ..Composition::default()
            };
            assert_eq!(composition.first_line_to_write(), expected, "{body:?}");
        }
    }
}
