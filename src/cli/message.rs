//! A stored body as a parsed message: for `show`, and for the screen's render thread.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::channel::error::StoreError;
use crate::engine::find::Want;
use crate::mail::message_id::MessageId;
use crate::mime::message::Message;
use crate::mime::{parse, poison};
use crate::store::Store;
use crate::store::bodies::StoredBody;

/// Parses a stored body, whole or in parts.
#[must_use]
pub fn parsed(body: &StoredBody) -> Message {
    if let StoredBody::Whole(bytes) = body {
        poison::taste(bytes, "X-Poison");
    }
    match body {
        StoredBody::Whole(bytes) => parse::message(bytes),
        StoredBody::Parts { header, parts } => parse::assemble(header, parts.clone()),
    }
}

/// Makes something of a message, as safely as the screen does: one that the parser cannot bear, or over which a process
/// ended before, is taken as it came.
///
/// # Errors
/// What the disk said.
pub fn opened<T>(
    store: &Store,
    id: MessageId,
    body: &StoredBody,
    make: impl Fn(&Message) -> T,
) -> Result<T, StoreError> {
    let opening = store.opening()?;
    let as_it_came = || {
        let (StoredBody::Whole(bytes) | StoredBody::Parts { header: bytes, .. }) = body;
        make(&parse::as_it_came(bytes))
    };
    if opening.is_shown_as_it_came(id) {
        return Ok(as_it_came());
    }
    opening.note(0, Some(id));
    let result = catch_unwind(AssertUnwindSafe(|| make(&parsed(body))));
    opening.note(0, None);
    Ok(result.unwrap_or_else(|_| as_it_came()))
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
