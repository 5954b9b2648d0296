//! What the user keeps on this machine: whole bodies, fetched beside everything else until all have come. The marks are in
//! the store, so this goes on after a cut, and with the next start.

use std::collections::BTreeSet;
use std::time::Instant;

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::channel::kept::{Missing, News};
use crate::engine::bodies::{AHEAD, AHEAD_BYTES, AHEAD_COMMANDS};
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::step::{BodyWork, Step};
use crate::engine::link::{Link, PROGRESS_EVERY};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};
use crate::mail::uid::Uid;
use crate::remote::command::fetch;

/// Messages that the store is asked for at once.
const BATCH: usize = 1_000;
/// A message of more bytes comes in blocks, of which a cut connection costs the last.
const IN_BLOCKS: u64 = 4 << 20;

/// What one connection does for what is kept.
#[derive(Debug, Default)]
pub struct Keeping {
    /// What was asked for once over this connection; it is not asked for again here.
    asked: BTreeSet<(MailboxId, MessageId)>,
    /// Messages that come in blocks.
    large: BTreeSet<(MailboxId, MessageId)>,
    /// Messages and bytes that are missing besides the batch at work.
    beyond: (u64, u64),
    told_at: Option<Instant>,
}

impl Link<'_> {
    /// Looks again at what is to be kept, where that is this lane's work; a store that fails is told by what it does next.
    pub(in crate::engine) fn keep_again(&mut self, agenda: &mut Agenda) {
        if self.does_all() {
            let _ = self.read_kept(agenda);
        }
    }

    /// Takes on what the store says is to be kept and has not come; what was let go meanwhile is not fetched any more.
    fn read_kept(&mut self, agenda: &mut Agenda) -> Result<(), RemoteError> {
        let mailboxes = self.reader.keeping(self.setup.account);
        agenda.keep = self.stored(mailboxes)?.into();
        if let Some(selection) = &mut self.selection {
            selection.kept.clear();
        }
        for (mailbox, message) in std::mem::take(&mut self.keeping.large) {
            let is_wanted = self.reader.is_kept_missing(message);
            if self.stored(is_wanted)? {
                self.keeping.large.insert((mailbox, message));
            } else {
                self.keeping.asked.remove(&(mailbox, message));
                self.cancel_part(&whole(message, mailbox), agenda);
            }
        }
        if agenda.keep.is_empty() {
            self.kept_ended()?;
        } else {
            self.tell_rest_again();
        }
        Ok(())
    }

    /// Goes on with what is kept of a mailbox; false where it must wait for answers first.
    pub(in crate::engine) fn keep_on(
        &mut self,
        mailbox: MailboxId,
        agenda: &mut Agenda,
    ) -> Result<bool, RemoteError> {
        let is_empty = |link: &Self| {
            let selection = link.selection.as_ref();
            selection.is_none_or(|selection| selection.kept.is_empty())
        };
        if is_empty(self) {
            // What is on its way would be found missing again.
            if !self.works.is_empty() {
                return Ok(false);
            }
            self.look_for_missing(mailbox)?;
            if is_empty(self) {
                agenda.keep.retain(|known| *known != mailbox);
                if agenda.keep.is_empty() {
                    self.kept_ended()?;
                }
                return Ok(true);
            }
        }
        self.tell_keeping();
        while self.n_body_steps() < AHEAD_COMMANDS {
            if !self.fetch_kept(mailbox, agenda) {
                break;
            }
        }
        Ok(!agenda.parts.is_empty())
    }

    /// One command for as many messages as fit, or one message in blocks; false where none is left.
    fn fetch_kept(&mut self, mailbox: MailboxId, agenda: &mut Agenda) -> bool {
        let (mut uids, mut bytes) = (Vec::new(), 0_u64);
        while uids.len() < AHEAD {
            let Some(selection) = &mut self.selection else {
                return false;
            };
            let doubted = &self.doubted;
            let fits = |message: &MessageId, size: u64| {
                let is_room = bytes.saturating_add(size) <= AHEAD_BYTES;
                uids.is_empty() || is_room && !doubted.contains(message)
            };
            let next = &mut selection.kept;
            let next = next.pop_front_if(|(message, _, size)| fits(message, *size));
            let Some((message, uid, size_bytes)) = next else {
                break;
            };
            self.keeping.asked.insert((mailbox, message));
            if size_bytes > IN_BLOCKS {
                self.keeping.large.insert((mailbox, message));
                agenda.want_part(whole(message, mailbox));
                continue;
            }
            bytes = bytes.saturating_add(size_bytes);
            self.works
                .entry(uid)
                .or_insert_with(|| BodyWork::new(message, mailbox, false));
            uids.push(uid);
            if self.doubted.contains(&message) {
                break;
            }
        }
        if uids.is_empty() {
            return false;
        }
        self.end_idle();
        let command = fetch::bodies(&uids.iter().copied().collect());
        self.send(command, Step::Bodies(uids));
        true
    }

    /// Asks the store what of a mailbox has not come and was not asked for.
    fn look_for_missing(&mut self, mailbox: MailboxId) -> Result<(), RemoteError> {
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        let account = self.setup.account;
        // Those that were asked for in vain stand among the others.
        let limit = BATCH.saturating_add(self.keeping.asked.len());
        let missing = self.reader.keeping_of(account, mailbox, limit);
        let mut missing: Vec<(MessageId, Uid, u64)> = self.stored(missing)?;
        missing.retain(|(message, ..)| {
            !self.keeping.asked.contains(&(mailbox, *message))
                && !self.unfetchable.contains(message)
        });
        let left = self.reader.kept_missing(account);
        let (n, bytes) = self.stored(left)?;
        let here: u64 = missing.iter().map(|(.., size)| *size).sum();
        let n_here = missing.len().try_into().unwrap_or(u64::MAX);
        self.keeping.beyond = (n.saturating_sub(n_here), bytes.saturating_sub(here));
        if let Some(selection) = &mut self.selection {
            selection.kept = missing.into();
        }
        Ok(())
    }

    /// Tells how much is left, not too often.
    fn tell_keeping(&mut self) {
        let now = self.setup.clock.now();
        let told_at = self.keeping.told_at;
        if told_at.is_some_and(|at| now < at + PROGRESS_EVERY) {
            return;
        }
        self.keeping.told_at = Some(now);
        let waiting = self.selection.as_ref().map(|selection| &selection.kept);
        let (n, bytes) = waiting
            .into_iter()
            .flatten()
            .fold((0, 0), |(n, sum), one| (n + 1, one.2.saturating_add(sum)));
        let n_coming = self.works.len().try_into().unwrap_or(u64::MAX);
        self.tell(Event::Keeping(News::Missing(Missing {
            account: self.setup.account,
            n_left: self
                .keeping
                .beyond
                .0
                .saturating_add(n_coming)
                .saturating_add(n),
            bytes_left: self.keeping.beyond.1.saturating_add(bytes),
            is_coming: true,
        })));
    }

    /// Nothing can be fetched now: tells what is left all the same.
    fn kept_ended(&mut self) -> Result<(), RemoteError> {
        let left = self.reader.kept_missing(self.setup.account);
        let (n_left, bytes_left) = self.stored(left)?;
        self.keeping.told_at = None;
        self.tell(Event::Keeping(News::Missing(Missing {
            account: self.setup.account,
            n_left,
            bytes_left,
            is_coming: false,
        })));
        Ok(())
    }
}

fn whole(message: MessageId, mailbox: MailboxId) -> WantedPart {
    WantedPart {
        message,
        mailbox,
        path: PartPath::default(),
    }
}
