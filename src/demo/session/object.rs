//! What a message is to the server beyond its bytes: thread, preview, labels. RFC 8474, RFC 8970, Gmail's `X-GM-EXT-1`.

use crate::demo::mailbox::Content;
use crate::demo::part_tree::{self, Inside, Part};
use crate::demo::session::list::quoted;
use crate::demo::state::State;
use crate::mail::mailbox::Role;

/// Characters of a preview. RFC 8970 §3.1 allows 256.
const PREVIEW_LETTERS: usize = 200;

/// The PREVIEW item of a message: the beginning of its first text, or NIL where there is none that needs no decoding.
pub(super) fn preview(content: &Content) -> String {
    let whole = content.whole();
    let tree = part_tree::parse(&whole);
    let text = first_text(&tree)
        .and_then(|part| whole.get(part.body.clone()))
        .map(String::from_utf8_lossy);
    let Some(text) = text else {
        return "PREVIEW NIL".to_owned();
    };
    let words: Vec<&str> = text.split_whitespace().take(PREVIEW_LETTERS).collect();
    let text: String = words.join(" ").chars().take(PREVIEW_LETTERS).collect();
    format!("PREVIEW {{{}}}\r\n{text}", text.len())
}

fn first_text(part: &Part) -> Option<&Part> {
    match &part.inside {
        Inside::Leaf => (part.content_type.value == "text/plain").then_some(part),
        Inside::Multipart(parts) => parts.iter().find_map(first_text),
        Inside::Message(_) => None,
    }
}

/// The X-GM-LABELS item: the mailboxes that hold the same content, All Mail and the one it is looked at in apart.
pub(super) fn labels(state: &State, id: u64, but: &str) -> String {
    let labels: Vec<String> = state
        .mailboxes
        .iter()
        .filter(|(name, mailbox)| mailbox.role != Some(Role::All) && *name != but)
        .filter(|(_, mailbox)| mailbox.messages.iter().any(|message| message.id == id))
        .map(|(name, mailbox)| match mailbox.role {
            _ if name == "INBOX" => quoted("\\Inbox"),
            Some(Role::Flagged) => quoted("\\Starred"),
            Some(Role::Important) => quoted("\\Important"),
            Some(Role::Sent) => quoted("\\Sent"),
            Some(Role::Drafts) => quoted("\\Draft"),
            _ => quoted(name),
        })
        .collect();
    format!("X-GM-LABELS ({})", labels.join(" "))
}

/// A number for the thread: the hash (FNV-1a) of the oldest reference, or of the Message-ID.
pub(super) fn thread(header: &[u8]) -> u64 {
    let fields = crate::demo::header_field::fields(header);
    let key = ["References", "In-Reply-To", "Message-ID"]
        .iter()
        .find_map(|name| crate::demo::header_field::value(&fields, name))
        .unwrap_or_default();
    let first = key
        .split(u8::is_ascii_whitespace)
        .next()
        .unwrap_or_default();
    let hash = first.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash >> 1
}
