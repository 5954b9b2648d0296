//! The projection of the journal into the cache: effective flags are the server's with the open operations over them.
//!
//! Order: an operation is committed to `state.db` first and projected then; it is closed in the cache
//! first and in `state.db` then. A crash between either pair leaves an operation that is projected again at the next
//! start, which changes nothing when it was projected before.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::{Change, OperationId, Outcome, Target};
use crate::mail::mailbox::MailboxId;
use crate::store::changes;
use crate::store::pending::Pending;
use crate::store::placements::{self, Counts};
use crate::store::sql::Doing;

/// Recomputes the effective flags of these placements, inside a transaction of the caller; returns the mailboxes in
/// which something changed.
pub(super) fn project(
    cache: &Connection,
    pending: &Pending,
    targets: impl IntoIterator<Item = Target>,
    applied: Option<OperationId>,
) -> Result<BTreeSet<MailboxId>, StoreError> {
    let mut counts: BTreeMap<MailboxId, Counts> = BTreeMap::new();
    for target in targets {
        let Some(old) = placements::find(cache, target)? else {
            continue;
        };
        let mut change = Counts::default();
        let server = old.server.clone();
        if placements::merge(
            cache,
            pending,
            &old,
            &server,
            old.mod_seq,
            None,
            &mut change,
        )? {
            add(counts.entry(target.mailbox).or_default(), change);
        }
    }
    if let Some(OperationId(id)) = applied {
        cache
            .prepare_cached("UPDATE projection SET applied_op = max(applied_op, ?1) WHERE id = 1")
            .and_then(|mut statement| statement.execute([id]))
            .doing("note the projection")?;
    }
    finish(cache, counts)
}

/// Lets targets of an operation end in the cache: what is done becomes the server's word, what is not goes back to it.
pub(super) fn close(
    cache: &Connection,
    pending: &Pending,
    operation: OperationId,
    change: Option<&Change>,
    outcomes: &[(Target, Outcome)],
) -> Result<BTreeSet<MailboxId>, StoreError> {
    let mut counts: BTreeMap<MailboxId, Counts> = BTreeMap::new();
    for (target, outcome) in outcomes {
        let Some(old) = placements::find(cache, *target)? else {
            continue;
        };
        let mut server = old.server.clone();
        if let (Outcome::Done(_), Some(change)) = (outcome, change) {
            changes::apply(change, &mut server);
        }
        let delta = counts.entry(target.mailbox).or_default();
        placements::merge(
            cache,
            pending,
            &old,
            &server,
            old.mod_seq,
            Some(operation),
            delta,
        )?;
    }
    finish(cache, counts)
}

fn finish(
    cache: &Connection,
    counts: BTreeMap<MailboxId, Counts>,
) -> Result<BTreeSet<MailboxId>, StoreError> {
    let mut changed = BTreeSet::new();
    for (mailbox, counts) in counts {
        counts.store(cache, mailbox)?;
        changed.insert(mailbox);
    }
    Ok(changed)
}

const fn add(sum: &mut Counts, more: Counts) {
    sum.headers += more.headers;
    sum.unseen += more.unseen;
    sum.server_unseen += more.server_unseen;
}
