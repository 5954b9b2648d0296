//! The store thread's part in a sync: what the engine brings goes into the cache, in bounded transactions.

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::operation::{OperationId, Outcome, Target};
use crate::mail::account::AccountId;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{ModSeq, UidValidity};
use crate::mail::uid_set::UidSet;
use crate::store::aside::{self, Matches};
use crate::store::commit::BULK_ROWS;
use crate::store::headers::{Insertion, Statements};
use crate::store::placements::{self, Counts};
use crate::store::sql::{Doing, transaction};
use crate::store::sync_state::{
    FetchedHeader, FlagChange, ListedMailbox, MailboxStatus, Selected, SyncState,
};
use crate::store::worker::Worker;
use crate::store::{failpoint, folders, gaps, journal, members, projection, removal};

/// Rows between two looks at the clock and at the user's lane.
const STRIDE: usize = 32;

/// Why an operation could not follow its message.
const LOST: &str = "the server renumbered the folder and the message was not found again";

impl Worker {
    pub(super) fn insert_headers(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        headers: &[FetchedHeader],
        covered: &UidSet,
    ) -> Result<(), StoreError> {
        let mut strides = headers.chunks(STRIDE).peekable();
        loop {
            self.begin()?;
            self.pending.refresh(&self.state)?;
            let Some(place) = placements::place(&self.cache, mailbox, validity)? else {
                return Ok(());
            };
            let (mut counts, mut placed, mut is_due) = (Counts::default(), Vec::new(), false);
            while !is_due && let Some(stride) = strides.next() {
                let mut statements = Statements::new(&self.cache)?;
                let mut insertion = Insertion {
                    statements: &mut statements,
                    cache: &self.cache,
                    state: &self.state,
                    ids: &mut self.ids,
                    pending: &self.pending,
                    pack: &mut self.pack,
                    place,
                    counts,
                    placed: &mut placed,
                };
                for header in stride {
                    insertion.insert(header)?;
                }
                counts = insertion.counts;
                drop(statements);
                is_due = self.count(stride.len());
            }
            counts.store(&self.cache, mailbox)?;
            members::change(&self.cache, mailbox, &placed, true)?;
            self.changed(mailbox);
            self.chores.index = true;
            if strides.peek().is_none() {
                gaps::remove(&self.cache, mailbox, covered)?;
                return Ok(());
            }
            self.try_commit()?;
            self.serve_user();
        }
    }

    pub(super) fn merge_flags(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        changes: &[FlagChange],
    ) -> Result<(), StoreError> {
        for stride in changes.chunks(STRIDE) {
            self.begin()?;
            self.pending.refresh(&self.state)?;
            if placements::place(&self.cache, mailbox, validity)?.is_none() {
                return Ok(());
            }
            let mut counts = Counts::default();
            let mut is_changed = false;
            for change in stride {
                let Some(old) = placements::at(&self.cache, mailbox, change.uid)? else {
                    continue;
                };
                is_changed |= placements::merge(
                    &self.cache,
                    &self.pending,
                    &old,
                    &change.flags,
                    change.mod_seq,
                    None,
                    &mut counts,
                )?;
            }
            counts.store(&self.cache, mailbox)?;
            if is_changed {
                self.changed(mailbox);
            }
            if self.count(stride.len()) {
                self.try_commit()?;
                self.serve_user();
            }
        }
        Ok(())
    }

    pub(super) fn remove_vanished(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        uids: &UidSet,
    ) -> Result<(), StoreError> {
        for (lo, hi) in uids.ranges() {
            loop {
                self.begin()?;
                if placements::place(&self.cache, mailbox, validity)?.is_none() {
                    return Ok(());
                }
                let mut counts = Counts::default();
                let gone =
                    removal::placements(&self.cache, mailbox, *lo, *hi, STRIDE * 4, &mut counts)?;
                let is_done = gone.len() < STRIDE * 4;
                if is_done {
                    gaps::remove(&self.cache, mailbox, &UidSet::from_range(*lo, *hi))?;
                }
                self.removed(mailbox, &gone, counts)?;
                if self.count(gone.len().max(1)) {
                    self.try_commit()?;
                    self.serve_user();
                }
                if is_done {
                    break;
                }
            }
        }
        Ok(())
    }

    fn removed(
        &mut self,
        mailbox: MailboxId,
        gone: &[MessageId],
        counts: Counts,
    ) -> Result<(), StoreError> {
        if gone.is_empty() {
            return Ok(());
        }
        counts.store(&self.cache, mailbox)?;
        let files = removal::orphans(&self.cache, gone)?;
        self.changes.files.extend(files);
        self.changed(mailbox);
        Ok(())
    }

    pub(super) fn note_sync_point(
        &mut self,
        mailbox: MailboxId,
        validity: UidValidity,
        uid_next: u32,
        mod_seq: ModSeq,
        exists: u32,
    ) -> Result<(), StoreError> {
        self.begin()?;
        if placements::place(&self.cache, mailbox, validity)?.is_none() {
            return Ok(());
        }
        folders::sync_point(&self.cache, mailbox, uid_next, mod_seq.get(), exists)?;
        self.changes.folders = true;
        self.count(1);
        if gaps::is_empty(&self.cache, mailbox)? {
            self.pending.refresh(&self.state)?;
            self.settle(mailbox, validity)?;
        }
        Ok(())
    }

    fn changed(&mut self, mailbox: MailboxId) {
        self.changes.mailboxes.insert(mailbox);
        self.changes.folders = true;
    }

    pub(super) fn take_listing(
        &mut self,
        account: AccountId,
        listed: &[ListedMailbox],
    ) -> Result<Vec<(MailboxName, MailboxId)>, StoreError> {
        if listed.is_empty() {
            return Ok(Vec::new());
        }
        let numbered = folders::number(&self.state, account, listed)?;
        let gone = transaction(&self.cache, |cache| {
            folders::list(cache, account, listed, &numbered)
        })?;
        for mailbox in gone {
            self.remove_mailbox(mailbox)?;
        }
        self.changes.folders = true;
        self.publish();
        Ok(numbered)
    }

    /// Removes a mailbox with its messages, a few at a time.
    pub(super) fn remove_mailbox(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        loop {
            self.begin()?;
            let mut counts = Counts::default();
            let gone = removal::any_placements(&self.cache, mailbox, STRIDE * 4, &mut counts)?;
            let waiting = aside::clear(&self.cache, mailbox, STRIDE * 4)?;
            self.removed(mailbox, &gone, counts)?;
            self.removed(mailbox, &waiting, Counts::default())?;
            let is_done = gone.len().max(waiting.len()) < STRIDE * 4;
            if is_done {
                folders::remove(&self.cache, mailbox)?;
                return self.try_commit();
            }
            if self.count(gone.len()) {
                self.try_commit()?;
                self.serve_user();
            }
        }
    }

    pub(super) fn take_status(
        &mut self,
        mailbox: MailboxId,
        status: &MailboxStatus,
    ) -> Result<(), StoreError> {
        transaction(&self.cache, |cache| folders::status(cache, mailbox, status))?;
        self.changes.folders = true;
        self.publish();
        Ok(())
    }

    pub(super) fn take_selected(
        &mut self,
        mailbox: MailboxId,
        selected: &Selected,
    ) -> Result<SyncState, StoreError> {
        let before = folders::validity(&self.cache, mailbox)?;
        if before.is_some_and(|before| before != selected.validity) {
            // Void placements go aside in steps; a crash between them is continued by the next SELECT.
            while transaction(&self.cache, |cache| {
                aside::put(cache, mailbox, BULK_ROWS / 2)
            })? > 0
            {
                self.serve_user();
            }
            self.changed(mailbox);
        }
        transaction(&self.cache, |cache| {
            folders::select(cache, mailbox, selected)?;
            failpoint::pass("selected.before-commit");
            Ok(())
        })?;
        failpoint::pass("selected.after-commit");
        self.changes.folders = true;
        self.publish();
        folders::sync_state(&self.cache, mailbox)
    }

    pub(super) fn take_capabilities(
        &mut self,
        account: AccountId,
        names: &[String],
    ) -> Result<(), StoreError> {
        transaction(&self.cache, |cache| {
            cache
                .prepare_cached("DELETE FROM capability WHERE account = ?1")
                .and_then(|mut statement| statement.execute([account.get()]))
                .doing("keep capabilities")?;
            let mut insert = cache
                .prepare_cached(
                    "INSERT INTO capability (account, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                )
                .doing("keep capabilities")?;
            for name in names.iter().take(1_000) {
                insert
                    .execute(rusqlite::params![account.get(), name])
                    .doing("keep capabilities")?;
            }
            Ok(())
        })
    }

    /// Ends a renumbering once every header is here: finds messages kept aside, gives their operations the new address,
    /// parks the operations whose message was not found, and lets go of the rest.
    fn settle(&mut self, mailbox: MailboxId, validity: UidValidity) -> Result<(), StoreError> {
        let is_waiting = aside::is_waiting(&self.cache, mailbox)?;
        let is_stale = |worker: &Self| {
            worker.pending.all().any(|(target, open)| {
                target.mailbox == mailbox && open.validity != validity.get() && open.uid > 0
            })
        };
        if !is_waiting && !is_stale(self) {
            return Ok(());
        }
        self.try_commit()?;
        if is_waiting {
            self.rebind(mailbox)?;
        }
        self.pending.refresh(&self.state)?;
        self.follow(mailbox, validity)?;
        loop {
            self.begin()?;
            let waiting = aside::clear(&self.cache, mailbox, STRIDE * 4)?;
            self.removed(mailbox, &waiting, Counts::default())?;
            self.try_commit()?;
            if waiting.is_empty() {
                return Ok(());
            }
            self.serve_user();
        }
    }

    fn rebind(&mut self, mailbox: MailboxId) -> Result<(), StoreError> {
        let mut matches = Matches::of_aside(&self.cache, mailbox)?;
        while matches.look(&self.cache, mailbox, BULK_ROWS)? {
            self.serve_user();
        }
        for some in matches.pairs().chunks(STRIDE * 4) {
            self.begin()?;
            let mut replaced = Vec::new();
            let mut found = Vec::new();
            for (old, new) in some {
                if self.pending.needs(*new) {
                    // The user acted on the message under its new number: the journal follows first, so that a crash
                    // here leaves an operation that the next attempt finds again.
                    journal::rename(&self.state, mailbox, *new, *old)?;
                    self.pending.forget();
                }
                if aside::rebind(&self.cache, mailbox, *old, *new)? {
                    replaced.push(*new);
                    found.push(Target {
                        message: *old,
                        mailbox,
                    });
                }
            }
            let back: Vec<MessageId> = found.iter().map(|target| target.message).collect();
            members::change(&self.cache, mailbox, &replaced, false)?;
            members::change(&self.cache, mailbox, &back, true)?;
            self.removed(mailbox, &replaced, Counts::default())?;
            // Operations on the old number lie over the new placement from now on.
            self.pending.refresh(&self.state)?;
            projection::project(&self.cache, &self.pending, found, None)?;
            self.try_commit()?;
            self.serve_user();
        }
        Ok(())
    }

    /// Open operations follow their messages to the new addresses or are parked.
    fn follow(&mut self, mailbox: MailboxId, validity: UidValidity) -> Result<(), StoreError> {
        let stale: Vec<(Target, OperationId)> = self
            .pending
            .all()
            .filter(|(target, open)| {
                target.mailbox == mailbox && open.validity != validity.get() && open.uid > 0
            })
            .map(|(target, open)| (target, open.operation))
            .collect();
        let mut lost: Vec<(OperationId, Target)> = Vec::new();
        for (target, operation) in stale {
            match aside::address(&self.cache, target)? {
                Some((validity, uid)) => {
                    journal::readdress(&self.state, target, validity, uid)?;
                }
                None => lost.push((operation, target)),
            }
        }
        self.pending.forget();
        for (operation, target) in lost {
            let error = RemoteError::Protocol {
                detail: SafeText::line(LOST),
            };
            let outcomes = [(target, Outcome::Parked(error))];
            let ended = transaction(&self.state, |state| {
                journal::close(state, operation, &outcomes)
            })?;
            let n_pending = journal::n_pending(&self.state, None)?;
            self.send(Event::Closed {
                operation,
                outcomes: ended,
                n_pending,
            });
        }
        self.pending.refresh(&self.state)
    }
}
