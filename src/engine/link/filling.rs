//! Older headers of the selected mailbox: its gap filled block by block, up to what one action may take.

use crate::channel::error::RemoteError;
use crate::channel::job::Job;
use crate::engine::Order;
use crate::engine::lane::Kind;
use crate::engine::link::Link;
use crate::engine::link::fill::Fill;
use crate::engine::link::selection::Selection;
use crate::engine::link::step::{Block, Step, n_overtaken};
use crate::mail::mailbox::MailboxId;
use crate::remote::command::fetch;

/// Commands in flight besides what the user waits for.
const MOST_IN_FLIGHT: usize = 8;

impl Link<'_> {
    /// Whether enough is in flight besides what the user waits for, and besides blocks, whose number the filling bounds.
    pub(super) fn has_much_in_flight(&self) -> bool {
        let others = self.steps.values();
        let others = others.filter(|step| !matches!(step, Step::Block(_)));
        others.count() >= MOST_IN_FLIGHT
    }

    /// Fetches the oldest screenful where its headers are missing.
    pub(super) fn fetch_oldest(&mut self) {
        let Some(selection) = &self.selection else {
            return;
        };
        if selection.exists == 0 || selection.known.gap.is_empty() {
            return;
        }
        let command = fetch::headers_by_sequence(
            1,
            selection.exists.min(self.screenful()),
            self.session.capabilities(),
        );
        self.send(command, Step::Oldest);
    }

    /// Goes on filling the gap of the selected mailbox, then with the prefetch; true when both are done.
    pub(super) fn fill_on(&mut self, mailbox: MailboxId) -> Result<bool, RemoteError> {
        self.begin_to_fill(mailbox)?;
        let room = self.room();
        let n_overtaken = n_overtaken(self.steps.values().filter_map(Step::block));
        let Some(selection) = &mut self.selection else {
            return Ok(true);
        };
        let Some(fill) = &mut selection.fill else {
            return Ok(true);
        };
        if room.is_some_and(|room| fill.is_beyond(room)) && !selection.has_leave {
            return Ok(!fill.is_waiting()); // The user says when there is to be more.
        }
        let (mut blocks, is_behind) = (Vec::new(), self.writer.is_behind());
        while let Some(block) = fill.next_block(is_behind, self.way.holds(), n_overtaken) {
            blocks.push(block);
        }
        selection.has_leave &= blocks.is_empty();
        let is_filled = fill.is_done() && selection.n_catching_up == 0;
        for (low, high) in blocks {
            let block = Block::new(low, high, self.setup.clock.now());
            let command = fetch::headers(&block.set(), self.session.capabilities());
            self.send(command, Step::Block(block));
        }
        let is_asking = self.ask_previews();
        if !is_filled {
            return Ok(false);
        }
        self.settle_filled()?;
        if is_asking {
            return Ok(false);
        }
        self.prefetch_on(mailbox)
    }

    /// Reads what is missing, where that was not done.
    fn begin_to_fill(&mut self, mailbox: MailboxId) -> Result<(), RemoteError> {
        let is_begun = |selection: &Selection| selection.fill.is_some();
        if self.selection.as_ref().is_none_or(is_begun) {
            return Ok(());
        }
        let state = self.reader.sync_state(mailbox);
        let state = self.stored(state)?;
        let most = u64::from(self.at_once(u32::MAX));
        let limit = self.setup.settings.metered_bytes;
        if let Some(selection) = &mut self.selection {
            let n_messages = u64::from(selection.exists).saturating_sub(state.n_headers);
            selection.is_settled = state.gap.is_empty();
            let fill = Fill::new(state.gap.clone(), n_messages, most, limit);
            selection.fill = Some(fill.beginning_with(selection.careful.1));
            selection.known = state;
        }
        Ok(())
    }

    /// The gap is filled: the store settles what waited for that, and the journal may go on.
    fn settle_filled(&mut self) -> Result<(), RemoteError> {
        let Some(selection) = &mut self.selection else {
            return Ok(());
        };
        if std::mem::replace(&mut selection.is_settled, true) {
            return Ok(());
        }
        self.write_sync_point();
        let flushed = self.writer.flush();
        self.stored(flushed)?;
        self.wants_journal = true;
        if self.kind == Kind::Bulk {
            self.other.send(Order::Job(Job::JournalChanged));
        }
        Ok(())
    }
}
