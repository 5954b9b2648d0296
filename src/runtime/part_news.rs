//! News of parts, as events of this process and as messages to and from the others.

use crate::channel::error::RemoteError;
use crate::channel::event::{Event, PartState};
use crate::engine::peers::Message;
use crate::mail::message_id::MessageId;
use crate::mail::part::PartPath;
use crate::mail::safe_text::SafeText;

/// What the others are told of a part.
#[must_use]
pub fn told(message: MessageId, path: &PartPath, state: &PartState) -> Message {
    let path = path.clone();
    match state {
        PartState::Coming { n_done, n_total } => {
            Message::PartComing(message, path, *n_done, *n_total)
        }
        PartState::Here => Message::PartHere(message, path),
        PartState::Failed(_) => Message::NoPart(message, path),
    }
}

/// What the others are told of a body that does not come.
#[must_use]
pub const fn without_body(message: MessageId, error: &RemoteError) -> Message {
    match error {
        RemoteError::Metered { bytes, limit } => Message::Metered(message, *bytes, *limit),
        _ => Message::NoBody(message),
    }
}

/// What another process says of a part; `None` where it speaks of something else.
#[must_use]
pub fn heard(message: Message) -> Option<Event> {
    let (message, path, state) = match message {
        Message::PartComing(message, path, n_done, n_total) => {
            (message, path, PartState::Coming { n_done, n_total })
        }
        Message::PartHere(message, path) => (message, path, PartState::Here),
        Message::NoPart(message, path) => {
            let error = RemoteError::Offline {
                cause: SafeText::line("the Sterna that is connected could not fetch it"),
            };
            (message, path, PartState::Failed(error))
        }
        _ => return None,
    };
    Some(Event::Part {
        message,
        path,
        state,
    })
}
