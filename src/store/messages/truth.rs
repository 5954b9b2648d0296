//! The server's truth of single messages, changed by what the server says or by how operations end. Whoever changes it
//! has the message projected afterwards.

use rusqlite::{Connection, params};

use crate::channel::error::StoreError;
use crate::channel::operation::{Address, OperationId, Target};
use crate::mail::flag::Flags;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::uid::{ModSeq, Uid};
use crate::mail::uid_set::UidSet;
use crate::store::bodies::whole;
use crate::store::disk::sql::{Doing, signed, unsigned};
use crate::store::folders::gaps;
use crate::store::journal::pending::Pending;
use crate::store::messages::leaving;
use crate::store::messages::placements::{self, Counts, Placement, Tally};

/// What the server says of a message in a mailbox, wherever it stands.
pub(in crate::store) fn find(
    cache: &Connection,
    target: Target,
) -> Result<Option<Placement>, StoreError> {
    let shown = placements::find(cache, target)?;
    if let Some(row) = shown.filter(|row| row.operation == OperationId(0)) {
        return Ok(Some(row));
    }
    let hidden = leaving::of(cache, target.message)?;
    Ok(hidden.into_iter().find(|row| row.target == target))
}

/// What the server says of the message under a UID.
pub(in crate::store) fn at(
    cache: &Connection,
    mailbox: MailboxId,
    uid: Uid,
) -> Result<Option<Placement>, StoreError> {
    match placements::at(cache, mailbox, uid)? {
        Some(row) => Ok(Some(row)),
        None => leaving::at(cache, mailbox, uid),
    }
}

/// Writes truth where it stands, in the list or hidden.
fn put(cache: &Connection, row: &Placement) -> Result<(), StoreError> {
    if row.operation == OperationId(0) {
        row.put(cache)
    } else {
        leaving::put(cache, row)
    }
}

/// Takes truth away; true where there was some.
pub(in crate::store) fn take(
    cache: &Connection,
    target: Target,
    tally: &mut Tally,
) -> Result<Option<Placement>, StoreError> {
    let Some(row) = find(cache, target)? else {
        return Ok(None);
    };
    tally.of(target.mailbox).told(&row, -1);
    if row.operation == OperationId(0) {
        row.take(cache)?;
        tally.list(&row, false);
    } else {
        leaving::take(cache, target)?;
    }
    forget_unbound(cache, target)?;
    Ok(Some(row))
}

/// Gives a message new server flags; tells whether anything changed. Flags with an older mod-sequence than is known were
/// overtaken on their way and change nothing; zero says nothing of their age. Where operations lie over the message it is
/// to be projected afterwards.
pub(super) fn merge(
    cache: &Connection,
    pending: &Pending,
    old: &Placement,
    server: &Flags,
    mod_seq: ModSeq,
    counts: &mut Counts,
) -> Result<bool, StoreError> {
    if mod_seq.get() > 0 && mod_seq < old.mod_seq {
        return Ok(false);
    }
    if *server == old.server && mod_seq <= old.mod_seq {
        return Ok(false);
    }
    let is_covered = pending.needs(old.target.message) || old.operation != OperationId(0);
    let effective = if is_covered { &old.effective } else { server };
    let new = Placement {
        server: server.clone(),
        effective: effective.clone(),
        mod_seq: mod_seq.max(old.mod_seq),
        ..old.clone()
    };
    write(cache, old, &new, counts)?;
    Ok(new.server != old.server || new.effective != old.effective)
}

/// Gives a message the flags that the server has set as it was asked.
pub(in crate::store) fn set_flags(
    cache: &Connection,
    old: &Placement,
    server: Flags,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    let new = Placement {
        server,
        ..old.clone()
    };
    write(cache, old, &new, counts)
}

fn write(
    cache: &Connection,
    old: &Placement,
    new: &Placement,
    counts: &mut Counts,
) -> Result<(), StoreError> {
    counts.told(old, -1);
    counts.told(new, 1);
    if new.operation == OperationId(0) {
        counts.shown(&old.effective, -1);
        counts.shown(&new.effective, 1);
    }
    put(cache, new)
}

/// Lets the server have a message in another mailbox, as it was in the one that `like` tells of: at `address`, or under an
/// address that nobody has told. Returns a message that turned out to be the same one, whose place it took: it may be
/// nowhere now.
pub(in crate::store) fn arrive(
    cache: &Connection,
    like: &Placement,
    to: MailboxId,
    address: Option<Address>,
    tally: &mut Tally,
) -> Result<Option<MessageId>, StoreError> {
    let target = Target {
        message: like.target.message,
        mailbox: to,
    };
    let known = find(cache, target)?;
    if known.as_ref().is_some_and(Placement::is_on_server) {
        return Ok(None);
    }
    let address = usable(cache, to, address)?;
    let double = match address {
        Some(address) => at(cache, to, address.uid)?,
        None => None,
    };
    // The server's later word on the same message counts for more.
    let like = double.as_ref().unwrap_or(like);
    let row = Placement {
        target,
        validity: address.map_or(0, |address| address.validity.get()),
        uid: address.map_or(0, |address| address.uid.get()),
        effective: like.server.clone(),
        mod_seq: double.as_ref().map_or(ModSeq::new(0), |row| row.mod_seq),
        operation: OperationId(0),
        is_gone: false,
        ..like.clone()
    };
    let double = match double {
        Some(double) => {
            take(cache, double.target, tally)?;
            inherit(cache, double.target.message, target.message)?;
            Some(double.target.message)
        }
        None => None,
    };
    take(cache, target, tally)?;
    if let Some(shown) = placements::find(cache, target)? {
        shown.take(cache)?;
        tally.list(&shown, false);
    }
    row.put(cache)?;
    tally.of(to).told(&row, 1);
    tally.list(&row, true);
    match address {
        Some(address) => {
            let uid = address.uid.get();
            gaps::remove(cache, to, &UidSet::from_range(uid, uid))?;
        }
        None => note_unbound(cache, target)?,
    }
    Ok(double)
}

/// The address, where it is of the UIDVALIDITY that the mailbox has.
fn usable(
    cache: &Connection,
    mailbox: MailboxId,
    address: Option<Address>,
) -> Result<Option<Address>, StoreError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let is_known = placements::place(cache, mailbox, address.validity)?.is_some();
    Ok(is_known.then_some(address))
}

/// A body that was fetched under one number is as good under the other.
pub(super) fn inherit(
    cache: &Connection,
    from: MessageId,
    to: MessageId,
) -> Result<(), StoreError> {
    whole::watch(cache, to, || {
        whole::watch(cache, from, || hand_over(cache, from, to))
    })
}

fn hand_over(cache: &Connection, from: MessageId, to: MessageId) -> Result<(), StoreError> {
    for sql in [
        "UPDATE OR IGNORE kept SET message = ?1 WHERE message = ?2",
        "UPDATE OR IGNORE body SET message = ?1 WHERE message = ?2",
        "UPDATE OR IGNORE part SET message = ?1 WHERE message = ?2 AND NOT EXISTS
         (SELECT 1 FROM body WHERE message = ?2)",
        "UPDATE OR IGNORE evicted SET message = ?1 WHERE message = ?2",
        "UPDATE body SET is_kept = EXISTS (SELECT 1 FROM kept WHERE kept.message = ?1)
         WHERE message = ?1 AND ?2 > 0",
        "UPDATE kept SET is_here = EXISTS (SELECT 1 FROM body WHERE body.message = ?1 AND in_parts = 0)
         WHERE message = ?1 AND ?2 > 0",
    ] {
        cache
            .prepare_cached(sql)
            .and_then(|mut statement| {
                statement.execute(params![signed(to.get()), signed(from.get())])
            })
            .doing("rebind a body")?;
    }
    Ok(())
}

fn note_unbound(cache: &Connection, target: Target) -> Result<(), StoreError> {
    cache
        .prepare_cached(
            "INSERT OR REPLACE INTO unbound (mailbox, message, uid_next) VALUES (?1, ?2,
             coalesce((SELECT uid_next FROM mailbox WHERE id = ?1), 0))",
        )
        .and_then(|mut statement| {
            statement.execute(params![target.mailbox.get(), signed(target.message.get())])
        })
        .map(|_| ())
        .doing("note an unknown address")
}

pub(super) fn forget_unbound(cache: &Connection, target: Target) -> Result<(), StoreError> {
    cache
        .prepare_cached("DELETE FROM unbound WHERE mailbox = ?1 AND message = ?2")
        .and_then(|mut statement| {
            statement.execute(params![target.mailbox.get(), signed(target.message.get())])
        })
        .map(|_| ())
        .doing("forget an unknown address")
}

/// The messages that are in a mailbox under an address that nobody has told, where the mailbox is known beyond it.
pub(super) fn missed(
    cache: &Connection,
    mailbox: MailboxId,
    uid_next: u32,
) -> Result<Vec<MessageId>, StoreError> {
    let mut statement = cache
        .prepare_cached("SELECT message FROM unbound WHERE mailbox = ?1 AND uid_next < ?2")
        .doing("look for messages without an address")?;
    let found = statement
        .query_map(params![mailbox.get(), uid_next], |row| row.get::<_, i64>(0))
        .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
        .doing("look for messages without an address")?;
    let found = found.into_iter().map(unsigned);
    Ok(found.filter_map(MessageId::new).collect())
}
