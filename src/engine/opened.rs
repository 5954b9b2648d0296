//! A stored body as a parsed message, as safely as the screen does it, for all who make something of a message.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::channel::error::StoreError;
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

/// Makes something of a message: one that the parser cannot bear, or over which a process ended before, is taken as it
/// came.
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
