//! The messages that a command names, found on this machine or, where they are not here, asked about.

use std::io::{BufRead, Read as _};
use std::time::Duration;

use crate::channel::operation::Target;
use crate::cli::args::message_id;
use crate::cli::args_triage::STANDARD_INPUT;
use crate::cli::exit::Exit;
use crate::cli::run::{Context, Failure};
use crate::engine::once::find::Want;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::{MessageId, MessageKey};
use crate::store::public_id::PublicId;

/// The server is given this long.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// No more is read from standard input.
const MOST_INPUT: u64 = 16 << 20;

/// The IDs, with those of standard input in the place of `-`; each once.
///
/// # Errors
/// A word that is no ID (64), or none at all (65).
pub fn ids(named: &[String], input: &mut dyn BufRead) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    for id in named {
        if id != STANDARD_INPUT {
            all.push(id.clone());
            continue;
        }
        let mut text = String::new();
        let read = input.take(MOST_INPUT).read_to_string(&mut text);
        read.map_err(|error| Failure::new(Exit::Data, format!("standard input: {error}")))?;
        for word in text.split_ascii_whitespace() {
            all.push(message_id(word).map_err(|problem| Failure::new(Exit::Usage, problem))?);
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|id| seen.insert(id.clone()));
    if all.is_empty() {
        return Err(Failure::new(Exit::Data, "no message is named"));
    }
    Ok(all)
}

/// The messages that public IDs name, by account; asks the servers for those that are not here.
///
/// # Errors
/// An ID that names nothing (65), or one that is not here and cannot be asked about now (75).
pub fn find(
    context: &mut Context<'_>,
    ids: &[String],
) -> Result<Vec<(AccountId, Vec<Target>)>, Failure> {
    let numbered = context.place.numbered(context.store);
    let accounts: Vec<AccountId> = numbered.iter().map(|(account, _)| *account).collect();
    let (mut keys, mut local) = (Vec::new(), Vec::new());
    for id in ids {
        let named = match PublicId::parse(id) {
            Some(PublicId::Server(key)) => Some((key.account, Ok(key))),
            Some(PublicId::Local(message)) => {
                placed(context, message)?.map(|(account, target)| (account, Err(target)))
            }
            None => None,
        };
        match named.filter(|(account, _)| accounts.contains(account)) {
            Some((_, Ok(key))) => keys.push(key),
            Some((account, Err(target))) => local.push((account, target)),
            None => return Err(stale(id)),
        }
    }
    let mut found = Vec::new();
    for account in accounts {
        let own = keys.iter().copied().filter(|key| key.account == account);
        let own: Vec<MessageKey> = own.collect();
        let mut targets = targets(context, account, &own)?;
        let own = local.iter().filter(|(owner, _)| *owner == account);
        targets.extend(own.map(|(_, target)| *target));
        if !targets.is_empty() {
            found.push((account, targets));
        }
    }
    Ok(found)
}

/// Where a message lies that has no address on the server yet: in the folder that it is on its way to.
///
/// # Errors
/// As the store says.
pub fn placed(
    context: &mut Context<'_>,
    message: MessageId,
) -> Result<Option<(AccountId, Target)>, Failure> {
    let nowhere = MailboxId::new(0);
    let mailboxes = context.reader.whereabouts(Target {
        message,
        mailbox: nowhere,
    })?;
    let Some(mailbox) = mailboxes.first().copied() else {
        return Ok(None);
    };
    let info = context.reader.mailbox(mailbox)?;
    Ok(info.map(|info| (info.account, Target { message, mailbox })))
}

fn targets(
    context: &mut Context<'_>,
    account: AccountId,
    keys: &[MessageKey],
) -> Result<Vec<Target>, Failure> {
    let mut unknown = Vec::new();
    for key in keys {
        if at(context, *key)?.is_none() {
            unknown.push(*key);
        }
    }
    if !unknown.is_empty() {
        let found = context
            .servers
            .find(account, &unknown, &Want::Header, Some(PATIENCE));
        let missing = found.map_err(|error| {
            let failure = Failure::from(error);
            let text = format!("nothing was changed: {}", failure.text);
            Failure { text, ..failure }
        })?;
        if let Some(key) = missing.first() {
            return Err(stale(&PublicId::Server(*key).to_string()));
        }
    }
    let mut targets = Vec::new();
    for key in keys {
        let message = at(context, *key)?;
        let message = message.ok_or_else(|| stale(&PublicId::Server(*key).to_string()))?;
        let mailbox = key.mailbox;
        targets.push(Target { message, mailbox });
    }
    Ok(targets)
}

fn at(context: &mut Context<'_>, key: MessageKey) -> Result<Option<MessageId>, Failure> {
    let found = context
        .reader
        .message_at(key.mailbox, key.validity, key.uid)?;
    Ok(found)
}

fn stale(id: &str) -> Failure {
    let text = format!("{id} names no message (any more); nothing was changed");
    Failure::new(Exit::Data, text)
}
