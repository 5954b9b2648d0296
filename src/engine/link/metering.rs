//! How much the action may still take where the account is metered. Every decision to fetch asks here before it sends a
//! command whose answer may be long; what it leaves out waits until the user wants it.

use crate::channel::error::RemoteError;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::{Agenda, Errand};
use crate::engine::link::Link;
use crate::engine::link::finish::protocol;
use crate::engine::link::select::{ANNOUNCED_IN_VAIN, MOST_IN_VAIN, SCREENFUL};
use crate::engine::link::step::Step;
use crate::engine::meter::{FEW_BYTES, headers_within};
use crate::mail::uid::ModSeq;
use crate::remote::command::fetch;

impl Link<'_> {
    /// How many bytes may still come; `None` where nothing bounds them.
    pub(super) fn room(&self) -> Option<u64> {
        let limit = self.setup.settings.metered_bytes?;
        Some(self.setup.meter.room(limit))
    }

    /// Counts what this connection has received since this was done last.
    pub(super) fn count_received(&mut self) {
        let n_received = self.session.counters().n_received;
        self.setup.meter.count(n_received - self.n_counted);
        self.n_counted = n_received;
    }

    /// How many headers may come; `None` where nothing bounds them. The few that come in any case are within.
    pub(in crate::engine) fn most_headers(&self) -> Option<u32> {
        self.room().map(headers_within)
    }

    /// Headers of a first screenful.
    pub(super) fn screenful(&self) -> u32 {
        let n = self.most_headers().unwrap_or(SCREENFUL);
        self.at_once(n.min(SCREENFUL))
    }

    /// Whether not even a few headers may come.
    pub(super) fn is_used_up(&self) -> bool {
        self.room().is_some_and(|room| room < FEW_BYTES)
    }

    /// Whether the gap of the selected mailbox is to be filled now. Metered, older headers of INBOX, which is watched beside
    /// the open folder, are not; and what there is no room for needs no second connection.
    pub(super) fn fills_gap(&self) -> bool {
        let room = self.room();
        room.is_none() || (self.kind != Kind::Bulk && !self.is_used_up())
    }

    /// Whether a folder that nobody named waits, as the action has no room for it. INBOX does not.
    pub(super) fn passes_over(&mut self, errand: Errand, agenda: &Agenda) -> bool {
        let Errand::Sync(mailbox) = errand else {
            return false;
        };
        let is_named = self.kind != Kind::Once || !agenda.keeps_up;
        if is_named || self.selected() == Some(mailbox) || !self.is_used_up() {
            return false;
        }
        let inbox = self.reader.inbox(self.setup.account);
        inbox.is_ok_and(|inbox| inbox != Some(mailbox))
    }

    /// Of what is new to a metered account, the newest, as far as one action may go. The rest is in the gap since SELECT told
    /// UIDNEXT, and comes when it is wanted.
    pub(super) fn ask_new_metered(&mut self) -> Result<(), RemoteError> {
        let most = self.most_headers();
        let Some((most, selection)) = most.zip(self.selection.as_mut()) else {
            return Ok(());
        };
        let (mailbox, before) = (selection.mailbox, selection.from);
        let newest = selection.uid_next.saturating_sub(most);
        selection.from = before.max(newest);
        let from = selection.from;
        // What this program itself moved there since is known without its header.
        let mut here = self.known_beyond(mailbox, before)?;
        here.remove_range(from, u32::MAX);
        if !here.is_empty() {
            let since = self.has_mod_seqs().then(|| ModSeq::new(1));
            let command = fetch::flags(&here, since, self.session.capabilities());
            let since = since.unwrap_or_default();
            self.send(command, Step::ChangedFlags { set: here, since });
        }
        self.ask_from(from)
    }

    /// Whether more messages were announced than there is room for.
    pub(super) fn is_too_much_new(&self) -> bool {
        let selection = self.selection.as_ref();
        let n_announced = selection.map_or(0, |open| open.n_announced);
        self.most_headers().is_some_and(|most| n_announced > most)
    }

    /// Has the mailbox selected anew when nothing is on its way: SELECT tells how far its UIDs go, and of what is new the
    /// newest come.
    pub(super) fn open_anew(&mut self) -> Result<(), RemoteError> {
        let is_quiet = self.steps.values().all(|step| *step == Step::Idle);
        if !is_quiet || !self.works.is_empty() {
            return Ok(());
        }
        self.n_opened_anew += 1;
        if self.n_opened_anew >= MOST_IN_VAIN {
            return Err(protocol(ANNOUNCED_IN_VAIN));
        }
        (self.selection, self.is_left_open) = (None, true); // The agenda still wants it.
        Ok(())
    }
}
