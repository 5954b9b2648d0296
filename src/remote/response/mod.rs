//! What a server can say, typed. Data only, and the one way from a frame to it; never panics, never fails: what cannot
//! be read becomes [`Received::Broken`], is logged and skipped.

pub mod code;
pub mod date;
pub mod fetch_response;
pub mod part_name;
pub mod structure;
pub mod token;
pub mod untagged;

use crate::mail::flag::Flags;
use crate::mail::label::Labels;
use crate::mail::mailbox::MailboxName;
use crate::mail::part::PartInfo;
use crate::mail::quota::Quota;
use crate::mail::rights::Rights;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{ModSeq, Uid, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::remote::command::Tag;
use crate::remote::response::code::Code;
use crate::remote::wire::framer::Frame;
use crate::remote::wire::literal::SpilledLiteral;

/// One response of the server.
#[derive(Debug, Clone)]
pub enum Received {
    /// Data, or news that nobody asked for. Never to be attributed to a command by position.
    Untagged(Untagged),
    /// The end of a command.
    Done {
        /// Which command.
        tag: Tag,
        /// How it went.
        status: Status,
        /// The response code; `None` when there is none.
        code: Option<Code>,
        /// The server's words.
        text: SafeText,
    },
    /// `+`: IDLE has begun.
    Continue,
    /// A response that could not be read, or was too large; it was skipped.
    Broken {
        /// What was wrong, for the log.
        detail: SafeText,
    },
}

/// How a command ended. RFC 3501 §7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok,
    /// Refused.
    No,
    /// Not understood.
    Bad,
}

/// The kind of an untagged status response. RFC 3501 §7.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Information.
    Ok,
    /// A warning.
    No,
    /// A protocol error the server cannot attribute.
    Bad,
    /// The server is about to close the connection.
    Bye,
    /// The connection is logged in already (greeting only).
    Preauth,
}

/// Untagged data.
#[derive(Debug, Clone)]
pub enum Untagged {
    /// The server's capabilities, upper case.
    Capability(Vec<String>),
    /// Extensions that ENABLE switched on, upper case. RFC 5161.
    Enabled(Vec<String>),
    /// A mailbox. RFC 3501 §7.2.2; also XLIST.
    List(ListEntry),
    /// A subscribed mailbox. RFC 3501 §7.2.3.
    Lsub(ListEntry),
    /// Numbers of a mailbox. RFC 3501 §7.2.4.
    Status {
        /// Which mailbox.
        name: MailboxName,
        /// What was told.
        items: StatusItems,
    },
    /// Flags in use in the selected mailbox.
    Flags(Vec<String>),
    /// How many messages the selected mailbox has.
    Exists(u32),
    /// The message with this sequence number is gone; those above move down.
    Expunge(u32),
    /// UIDs that are gone. RFC 7162 §3.2.10.
    Vanished {
        /// Whether they went before this SELECT or FETCH, so that sequence numbers do not move.
        earlier: bool,
        /// Which; empty when the server said nothing.
        uids: UidSet,
    },
    /// Data of one message.
    Fetch(Box<Fetch>),
    /// Results of SEARCH or SORT in the server's order: UIDs or sequence numbers, as asked. RFC 3501 §7.2.5.
    Search(Vec<u32>),
    /// Results of an extended search. RFC 4731.
    Esearch(Esearch),
    /// Where mailboxes live. RFC 2342.
    Namespace(Namespaces),
    /// What the user may do in a mailbox. RFC 4314 §3.8.
    MyRights {
        /// Which mailbox.
        name: MailboxName,
        /// What.
        rights: Rights,
    },
    /// The room of a quota root; `None` where no limit of STORAGE is told. RFC 9208 §4.2.1.
    Quota(Option<Quota>),
    /// Who the server is. RFC 2971.
    Id(Vec<(String, String)>),
    /// A status without a tag.
    Condition {
        /// Its kind.
        kind: Condition,
        /// The response code; `None` when there is none.
        code: Option<Code>,
        /// The server's words.
        text: SafeText,
    },
    /// Anything that is not understood; logged and skipped.
    Other,
}

/// A line of LIST.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListEntry {
    /// Attributes with their backslash, in the server's spelling.
    pub attributes: Vec<String>,
    /// The hierarchy delimiter; `None` when the name is flat.
    pub delimiter: Option<u8>,
    /// The name; empty for the answer to `LIST "" ""`.
    pub name: MailboxName,
}

/// What STATUS tells; `None` where it was not told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusItems {
    /// Messages.
    pub messages: Option<u64>,
    /// Messages without `\Seen`.
    pub unseen: Option<u64>,
    /// Messages with `\Deleted`. RFC 9051.
    pub deleted: Option<u64>,
    /// The next UID.
    pub uid_next: Option<u32>,
    /// The epoch of the UIDs.
    pub uid_validity: Option<UidValidity>,
    /// The highest mod-sequence; zero where the mailbox keeps none. RFC 7162.
    pub highest_mod_seq: Option<ModSeq>,
    /// Bytes of all messages. RFC 8438.
    pub size_bytes: Option<u64>,
    /// The mailbox's own id. RFC 8474.
    pub mailbox_id: Option<String>,
    /// The largest message that APPEND takes, in bytes. RFC 7889.
    pub append_limit: Option<u64>,
}

/// Data of one message; `None` where it was not told. One message's data may come in several responses.
#[derive(Debug, Clone, Default)]
pub struct Fetch {
    /// The sequence number.
    pub seq: u32,
    /// The UID.
    pub uid: Option<Uid>,
    /// All flags.
    pub flags: Option<Flags>,
    /// INTERNALDATE in seconds since the epoch.
    pub internal_date: Option<i64>,
    /// RFC822.SIZE, in bytes; an estimate on some servers.
    pub size_bytes: Option<u64>,
    /// The mod-sequence. RFC 7162.
    pub mod_seq: Option<ModSeq>,
    /// Parts of the message, in the server's order.
    pub sections: Vec<Section>,
    /// Leaf parts of BODYSTRUCTURE; empty where it could not be read.
    pub structure: Option<Vec<PartInfo>>,
    /// EMAILID. RFC 8474.
    pub email_id: Option<String>,
    /// THREADID. RFC 8474.
    pub thread_id: Option<String>,
    /// PREVIEW. RFC 8970.
    pub preview: Option<String>,
    /// X-GM-MSGID.
    pub gm_message: Option<u64>,
    /// X-GM-THRID.
    pub gm_thread: Option<u64>,
    /// X-GM-LABELS, as a rule without the label of the mailbox that is selected.
    pub labels: Option<Labels>,
}

/// Bytes of a message.
#[derive(Debug, Clone)]
pub struct Section {
    /// What stands inside of `BODY[..]`, upper case and without the list of field names: `HEADER.FIELDS`, `1.2`, or
    /// empty for the whole message.
    pub name: String,
    /// Where the bytes begin in the section; `None` when it was asked for from its beginning to its end.
    pub origin: Option<u64>,
    /// The bytes.
    pub data: Data,
}

/// Bytes, where they are.
#[derive(Debug, Clone)]
pub enum Data {
    /// In memory.
    Memory(Vec<u8>),
    /// In a private temporary file, removed with the last clone.
    File(SpilledLiteral),
    /// NIL: there is no such section.
    Nil,
}

impl Data {
    /// The bytes, at most the first `limit` of those in a file; NIL gives none.
    ///
    /// # Errors
    /// The temporary file could not be read.
    pub fn into_bytes(self, limit: u64) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Memory(bytes) => Ok(bytes),
            Self::File(file) => file.first(limit),
            Self::Nil => Ok(Vec::new()),
        }
    }

    /// How many bytes there are.
    #[must_use]
    pub fn size_bytes(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File(file) => file.size_bytes(),
            Self::Nil => 0,
        }
    }
}

/// Results of an extended search, as far as they are asked for; `None` where not told. RFC 4731.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Esearch {
    /// The command that asked; `None` where the server does not say or names another's.
    pub tag: Option<Tag>,
    /// All of what was found; an empty result may be told by leaving this out.
    pub all: Option<UidSet>,
}

/// One namespace. RFC 2342 §5.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespace {
    /// What names in it begin with; may be empty.
    pub prefix: MailboxName,
    /// Its hierarchy delimiter; `None` when flat.
    pub delimiter: Option<u8>,
}

/// All namespaces, each kind possibly empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Namespaces {
    /// The user's own.
    pub personal: Vec<Namespace>,
    /// Other users'.
    pub others: Vec<Namespace>,
    /// Shared ones.
    pub shared: Vec<Namespace>,
}

/// Cells of server text that are worth a line on the screen.
const MAX_TEXT: usize = 200;

/// The server's words, made safe and cut to a line.
pub(crate) fn words(text: &[u8]) -> SafeText {
    let text =
        String::from_utf8_lossy(text.get(..text.len().min(4 * MAX_TEXT)).unwrap_or_default());
    let cut: String = text.trim().chars().take(MAX_TEXT).collect();
    let mut words = SafeText::line(&cut);
    // Wide characters, and controls that were made visible, take more room than they did.
    while words.columns() > MAX_TEXT {
        let n_chars = words.as_str().chars().count();
        words = SafeText::line_up_to(words.as_str(), n_chars * 3 / 4);
    }
    words
}

/// Reads one response.
#[must_use]
pub fn parse(frame: &Frame) -> Received {
    if let Some(why) = frame.skipped {
        return broken(why, &frame.bytes);
    }
    let bytes = frame.bytes.as_slice();
    if bytes.starts_with(b"* ") || bytes.starts_with(b"*\t") {
        return match untagged::parse(frame) {
            Ok(untagged) => Received::Untagged(untagged),
            Err(error) => broken(error.0, bytes),
        };
    }
    if bytes.first() == Some(&b'+') {
        return Received::Continue;
    }
    tagged(bytes).unwrap_or_else(|| broken("an answer to nothing that was sent", bytes))
}

fn broken(why: &str, bytes: &[u8]) -> Received {
    let head = bytes.get(..bytes.len().min(80)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    // The beginning of a response may hold a subject: it goes to the trace, not to the ordinary log.
    tracing::trace!(target: "wire", why, head = %SafeText::line(&head), "response skipped");
    tracing::debug!(why, "response skipped");
    Received::Broken {
        detail: SafeText::line(why),
    }
}

fn tagged(line: &[u8]) -> Option<Received> {
    let (tag, rest) = split_word(line);
    let tag = Tag::parse(tag)?;
    let (word, rest) = split_word(rest);
    let status = match word.to_ascii_uppercase().as_slice() {
        b"OK" | b"PREAUTH" => Status::Ok,
        // A tagged BYE answers LOGOUT on some servers.
        b"NO" | b"BYE" => Status::No,
        b"BAD" => Status::Bad,
        _ => return None,
    };
    let (code, text) = code::split(rest);
    Some(Received::Done {
        tag,
        status,
        code,
        text: words(text),
    })
}

/// The word up to the next space, and what follows the spaces.
pub(crate) fn split_word(line: &[u8]) -> (&[u8], &[u8]) {
    let line = line.trim_ascii_start();
    let end = line
        .iter()
        .position(u8::is_ascii_whitespace)
        .unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    (word, rest.trim_ascii_start())
}
