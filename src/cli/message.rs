//! A stored body as a parsed message: for `show`, and for the screen's render thread.

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
