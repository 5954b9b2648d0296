//! A stored body as a parsed message: for `show`, and for the screen's render thread.

use crate::engine::find::Want;
use crate::mime::message::Message;
use crate::mime::parse;
use crate::store::bodies::StoredBody;

/// Parses a stored body, whole or in parts.
#[must_use]
pub fn parsed(body: &StoredBody) -> Message {
    match body {
        StoredBody::Whole(bytes) => parse::message(bytes),
        StoredBody::Parts { header, parts } => parse::assemble(header, parts.clone()),
    }
}

/// Whether nothing needs to be fetched; a part that the message does not have cannot be.
#[must_use]
pub fn is_enough(body: &StoredBody, want: &Want) -> bool {
    match (body, want) {
        (StoredBody::Whole(_), _) | (_, Want::Header | Want::Body) => true,
        (StoredBody::Parts { .. }, Want::Whole) => false,
        (StoredBody::Parts { parts, .. }, Want::Part(path)) => parts
            .iter()
            .all(|(info, bytes)| info.path != *path || bytes.is_some()),
    }
}
