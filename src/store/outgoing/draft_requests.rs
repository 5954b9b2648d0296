//! Saving drafts, for the screen, which waits for events, and for those who wait for an answer.

use crate::channel::draft::{Base, Revision};
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;
use crate::store::disk::sql::transaction;
use crate::store::failpoint;
use crate::store::outgoing::{draft_sources, drafts};
use crate::store::worker::Worker;
use crate::store::worker::request::Reply;

/// What is said of a draft that was to be thrown away.
const STAYS: &str = "not discarded: this draft was changed elsewhere meanwhile";

impl Worker {
    pub(super) fn save_draft(
        &mut self,
        account: AccountId,
        base: Base,
        composition: &Composition,
        is_left: bool,
    ) -> Result<Revision, StoreError> {
        let saved = transaction(&self.state, |state| {
            let saved = drafts::save(state, &self.cache, account, base, composition, is_left)?;
            failpoint::pass("draft.before-commit");
            Ok(saved)
        })?;
        failpoint::pass("draft.after-commit");
        if !draft_sources::messages(composition).is_empty() {
            self.pending.forget();
        }
        Ok(saved)
    }

    pub(super) fn draft_saved(
        &mut self,
        ticket: Ticket,
        saved: Result<Revision, StoreError>,
        reply: Option<Reply<Revision>>,
    ) {
        let saved = self.noted(saved);
        match (&saved, &reply) {
            (Ok(saved), _) => self.send(Event::DraftSaved {
                ticket,
                saved: *saved,
            }),
            (Err(error), None) => self.send(Event::DraftFailed {
                ticket,
                error: error.clone(),
            }),
            (Err(_), Some(_)) => {}
        }
        if let Some(reply) = reply {
            let _ = reply.send(saved);
        }
    }

    pub(super) fn discard_draft(&self, seen: Revision) -> Result<bool, StoreError> {
        let is_gone = transaction(&self.state, |state| drafts::discard(state, seen))?;
        self.tell_drafts()?;
        if !is_gone {
            self.send(Event::Notice(SafeText::own(STAYS)));
        }
        Ok(is_gone)
    }

    pub(super) fn leave_drafts(&self) -> Result<usize, StoreError> {
        transaction(&self.state, drafts::leave)
    }

    /// Tells all drafts.
    pub(super) fn tell_drafts(&self) -> Result<(), StoreError> {
        self.send(Event::Drafts(drafts::all(&self.state)?));
        Ok(())
    }
}
