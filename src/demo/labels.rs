//! Mailboxes as labels: one store of messages behind all of them, as with Gmail.
//!
//! After every change the mailboxes are brought in line with each other. What changed is told apart from what was there
//! by what was known after the last change.

use std::collections::{BTreeSet, HashMap};

use crate::demo::mailbox::{Mailbox, Message};
use crate::demo::state::State;
use crate::mail::flag::{Flags, SystemFlag};
use crate::mail::mailbox::Role;

/// Where everything is that is neither spam nor thrown away.
pub const ALL_MAIL: &str = "[Gmail]/All Mail";
/// What has the flag `\Flagged`.
const STARRED: &str = "[Gmail]/Starred";
/// Moving a message here takes it out of all other mailboxes.
const BINS: [&str; 2] = ["[Gmail]/Trash", "[Gmail]/Spam"];

/// What was known of the messages after the last change.
#[derive(Default)]
pub struct Labels {
    /// The flags by message identity.
    flags: HashMap<u64, Flags>,
    /// Identities of what is in a bin.
    binned: BTreeSet<u64>,
}

/// Makes the mailboxes that are always there.
pub fn prepare(state: &mut State) {
    state.labels = Some(Labels::default());
    state.ensure("[Gmail]", None).selectable = false;
    for (name, role) in [
        (ALL_MAIL, Role::All),
        ("[Gmail]/Drafts", Role::Drafts),
        ("[Gmail]/Sent Mail", Role::Sent),
        ("[Gmail]/Spam", Role::Junk),
        (STARRED, Role::Flagged),
        ("[Gmail]/Trash", Role::Trash),
    ] {
        state.ensure(name, Some(role));
    }
}

/// Brings all mailboxes in line; nothing happens where mailboxes are no labels.
pub fn settle(state: &mut State) {
    let Some(mut known) = state.labels.take() else {
        return;
    };
    share_flags(state, &mut known);
    empty_for_bins(state, &mut known);
    let seen = messages(state);
    let missing = |state: &State, name: &str, id: u64| {
        state
            .get(name)
            .is_some_and(|mailbox| mailbox.messages.iter().all(|message| message.id != id))
    };
    for (id, message) in seen.iter().filter(|(id, _)| !known.binned.contains(id)) {
        let is_starred = message.flags.has(SystemFlag::Flagged);
        for name in [Some(ALL_MAIL), Some(STARRED).filter(|_| is_starred)]
            .into_iter()
            .flatten()
        {
            if missing(state, name, *id)
                && let Some(mailbox) = state.get_mut(name)
            {
                mailbox.add(
                    *id,
                    message.flags.clone(),
                    message.internal_date,
                    message.content.clone(),
                );
            }
        }
    }
    if let Some(starred) = state.get_mut(STARRED) {
        starred.expunge(|message| !message.flags.has(SystemFlag::Flagged));
    }
    known.flags.retain(|id, _| seen.contains_key(id));
    state.labels = Some(known);
}

/// One of the copies of every message, by identity.
fn messages(state: &State) -> HashMap<u64, Message> {
    let all = state
        .mailboxes
        .values()
        .flat_map(|mailbox| &mailbox.messages);
    all.map(|message| (message.id, message.clone())).collect()
}

/// A flag set under one label is set under all.
fn share_flags(state: &mut State, known: &mut Labels) {
    let changed: HashMap<u64, Flags> = state
        .mailboxes
        .values()
        .flat_map(|mailbox| &mailbox.messages)
        .filter(|message| known.flags.get(&message.id) != Some(&message.flags))
        .map(|message| (message.id, message.flags.clone()))
        .collect();
    for mailbox in state.mailboxes.values_mut() {
        let differs = |message: &Message| {
            changed
                .get(&message.id)
                .is_some_and(|flags| *flags != message.flags)
        };
        if !mailbox.messages.iter().any(differs) {
            continue;
        }
        let mod_seq = mailbox.next_mod_seq();
        for message in mailbox
            .messages
            .iter_mut()
            .filter(|message| differs(message))
        {
            if let Some(flags) = changed.get(&message.id) {
                message.flags = flags.clone();
                message.mod_seq = mod_seq;
            }
        }
    }
    known.flags.extend(changed);
}

/// What came into a bin leaves all else; what was in a bin and is elsewhere now leaves the bin.
fn empty_for_bins(state: &mut State, known: &mut Labels) {
    let ids = |mailbox: &Mailbox| -> BTreeSet<u64> {
        mailbox.messages.iter().map(|message| message.id).collect()
    };
    let is_bin = |name: &str| BINS.contains(&name);
    let mut in_bins = BTreeSet::new();
    let mut elsewhere = BTreeSet::new();
    for (name, mailbox) in &state.mailboxes {
        let side = if is_bin(name) {
            &mut in_bins
        } else {
            &mut elsewhere
        };
        side.extend(ids(mailbox));
    }
    let both: BTreeSet<u64> = in_bins.intersection(&elsewhere).copied().collect();
    let (saved, thrown): (BTreeSet<u64>, BTreeSet<u64>) =
        both.into_iter().partition(|id| known.binned.contains(id));
    for (name, mailbox) in &mut state.mailboxes {
        let leaving = if is_bin(name) { &saved } else { &thrown };
        mailbox.expunge(|message| leaving.contains(&message.id));
    }
    known.binned = &in_bins - &saved;
}
