//! The way to a body that is not here, or not all of it: for `show` and `save`.

use crate::channel::error::RemoteError;
use crate::cli::exit::Exit;
use crate::cli::run::{Context, Failure};
use crate::cli::targets;
use crate::engine::once::find::Want;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::store::bodies::StoredBody;
use crate::store::public_id::PublicId;

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

/// The body of a message with what is wanted of it, from this machine or from the server.
///
/// # Errors
/// An ID that names nothing (65), a body that cannot be fetched now (75).
pub fn body(
    context: &mut Context<'_>,
    id: &str,
    want: &Want,
) -> Result<(MessageId, StoredBody), Failure> {
    let stale = || {
        Failure::new(
            Exit::Data,
            format!("{id} names no message (any more); list prints the current ones"),
        )
    };
    let key = match PublicId::parse(id) {
        Some(PublicId::Server(key)) => key,
        Some(PublicId::Local(message)) if targets::placed(context, message)?.is_some() => {
            return here(context, message, want);
        }
        _ => return Err(stale()),
    };
    let accounts = context.place.numbered(context.store);
    if accounts.iter().all(|(account, _)| *account != key.account) {
        return Err(stale());
    }
    if let Some((message, body)) = stored(context, key)?
        && is_enough(&body, want)
    {
        return Ok((message, body));
    }
    refuse_if_metered(context, key, want)?;
    let found = context.servers.find(key.account, &[key], want, None);
    let stale_keys = found.map_err(|error| {
        let failure = Failure::from(error);
        let wholly = if *want == Want::Body { "" } else { "wholly " };
        let text = format!(
            "this message is not {wholly}on this machine and cannot be fetched: {}",
            failure.text
        );
        Failure { text, ..failure }
    })?;
    if !stale_keys.is_empty() {
        return Err(stale());
    }
    stored(context, key)?.ok_or_else(|| Failure::new(Exit::Temporary, "the message did not arrive"))
}

/// The body of a message that has no address on the server yet, and so cannot be fetched now.
fn here(
    context: &mut Context<'_>,
    message: MessageId,
    want: &Want,
) -> Result<(MessageId, StoredBody), Failure> {
    let body = context.reader.body(message)?;
    let body = body.filter(|body| is_enough(body, want));
    body.map(|body| (message, body)).ok_or_else(|| {
        let text = "this message is on its way to its folder, and not wholly on this machine: sterna sync, then list \
                    the folder again";
        Failure::new(Exit::Temporary, text)
    })
}

/// Refuses what takes more than one action may; what the text of a message takes, the engine sees.
fn refuse_if_metered(
    context: &mut Context<'_>,
    key: MessageKey,
    want: &Want,
) -> Result<(), Failure> {
    let accounts = context.place.numbered(context.store);
    let own = accounts.iter().find(|(account, _)| *account == key.account);
    let Some(limit) = own.and_then(|(_, settings)| settings.metered_bytes) else {
        return Ok(());
    };
    let mailbox = context.reader.mailbox(key.mailbox)?;
    if mailbox.is_some_and(|info| info.name.is_local()) {
        return Ok(()); // From a file, that is.
    }
    let bytes = match (want, stored(context, key)?) {
        (Want::Part(path), Some((_, StoredBody::Parts { parts, .. }))) => {
            let part = parts.iter().find(|(info, _)| info.path == *path);
            part.map_or(0, |(info, _)| info.size_bytes)
        }
        (Want::Whole | Want::Part(_), _) => {
            let reader = &mut context.reader;
            let message = reader.message_at(key.mailbox, key.validity, key.uid)?;
            let row = message.map(|message| reader.row(message, key.mailbox));
            row.transpose()?.flatten().map_or(0, |row| row.size_bytes)
        }
        _ => 0,
    };
    if bytes <= limit {
        return Ok(());
    }
    let error = RemoteError::Metered { bytes, limit };
    Err(Failure::new(
        Exit::Temporary,
        format!("{error}; --unmetered fetches it"),
    ))
}

fn stored(
    context: &mut Context<'_>,
    key: MessageKey,
) -> Result<Option<(MessageId, StoredBody)>, Failure> {
    let message = context
        .reader
        .message_at(key.mailbox, key.validity, key.uid)?;
    match message {
        Some(message) => Ok(context.reader.body(message)?.map(|body| (message, body))),
        None => Ok(None),
    }
}
