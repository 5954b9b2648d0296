//! The projection of the journal into the cache: what the lists show is the server's truth with the open operations over
//! it.
//!
//! Order: an operation is committed to `state.db` first and projected then; it is closed in the cache
//! first and in `state.db` then. A crash between either pair leaves an operation that is projected again at the next
//! start, which changes nothing when it was projected before.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::channel::error::StoreError;
use crate::channel::operation::{OperationId, Target};
use crate::mail::message_id::MessageId;
use crate::store::disk::sql::{Doing, unsigned};
use crate::store::journal::pending::Pending;
use crate::store::messages::arrangement::Arrangement;
use crate::store::messages::leaving;
use crate::store::messages::placements::{self, Placement, Tally};

/// Targets of operations that do not count any more, though the journal still calls them open.
pub(in crate::store) type Except = BTreeSet<(OperationId, Target)>;

/// Whether the cache knows the newest operation.
pub(in crate::store) fn is_complete(
    cache: &Connection,
    state: &Connection,
) -> Result<bool, StoreError> {
    let number = |db: &Connection, sql| {
        db.query_row(sql, [], |row| row.get::<_, i64>(0))
            .doing("read how far the projection got")
    };
    let applied = number(cache, "SELECT applied_op FROM projection WHERE id = 1")?;
    let newest = number(state, "SELECT coalesce(max(id), 0) FROM operation")?;
    Ok(applied >= newest)
}

/// Arranges these messages anew, inside a transaction of the caller. What they came to goes into `tally`.
pub(in crate::store) fn project(
    cache: &Connection,
    pending: &Pending,
    messages: impl IntoIterator<Item = MessageId>,
    except: &Except,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    for message in messages {
        let shown = placements::of(cache, message)?;
        let hidden = leaving::of(cache, message)?;
        let truth = shown.iter().filter(|row| row.operation == OperationId(0));
        let truth: Vec<Placement> = truth.chain(&hidden).cloned().collect();
        let layers = pending.of(message).iter();
        let layers = layers.filter(|layer| {
            let target = layer.target(message);
            except.is_empty() || !except.contains(&(layer.operation, target))
        });
        let now = Arrangement::of(truth, layers);
        write_hidden(cache, &hidden, &now)?;
        write_shown(cache, &shown, &now, tally)?;
    }
    Ok(())
}

fn write_hidden(
    cache: &Connection,
    before: &[Placement],
    now: &Arrangement,
) -> Result<(), StoreError> {
    for row in before {
        if !now.leaving.contains_key(&row.target.mailbox) {
            leaving::take(cache, row.target)?;
        }
    }
    for row in now.leaving.values() {
        if !before.contains(row) {
            leaving::put(cache, row)?;
        }
    }
    Ok(())
}

fn write_shown(
    cache: &Connection,
    before: &[Placement],
    now: &Arrangement,
    tally: &mut Tally,
) -> Result<(), StoreError> {
    for row in before {
        match now.shown.get(&row.target.mailbox) {
            None => {
                row.take(cache)?;
                tally.list(row, false);
            }
            Some(same) if same == row => {}
            Some(other) => {
                other.put(cache)?;
                let counts = tally.of(row.target.mailbox);
                counts.shown(&row.effective, -1);
                counts.shown(&other.effective, 1);
            }
        }
    }
    for row in now.shown.values() {
        if before.iter().all(|old| old.target != row.target) {
            row.put(cache)?;
            tally.list(row, true);
        }
    }
    Ok(())
}

/// Notes how far the journal is projected, inside the transaction of the projection.
pub(super) fn applied(cache: &Connection, last: Option<OperationId>) -> Result<(), StoreError> {
    let Some(OperationId(id)) = last else {
        return Ok(());
    };
    cache
        .prepare_cached("UPDATE projection SET applied_op = max(applied_op, ?1) WHERE id = 1")
        .and_then(|mut statement| statement.execute([id]))
        .map(|_| ())
        .doing("note the projection")
}

/// Messages that are shown or hidden by operations, whether those are still open or not.
pub(super) fn projected(cache: &Connection) -> Result<BTreeSet<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT message FROM placement WHERE operation > 0")
        .doing("find what is projected")?;
    let mut messages: Vec<i64> = statement
        .query_map([], |row| row.get(0))
        .and_then(Iterator::collect)
        .doing("find what is projected")?;
    messages.extend(leaving::messages(cache)?);
    let messages = messages.into_iter().map(unsigned);
    Ok(messages.filter_map(MessageId::new).collect())
}
