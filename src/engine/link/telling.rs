//! What a connection tells the rest of the program.

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::{Connection, Event};
use crate::engine::link::{Link, PROGRESS_EVERY};
use crate::engine::store_failed;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

impl Link<'_> {
    /// Shows the server's words, as RFC 3501 §7.1 asks for ALERT.
    pub(in crate::engine) fn tell_alert(&self, text: &SafeText) {
        let words = format!("{} says: \"{text}\"", self.setup.settings.imap.host);
        self.tell(Event::Notice(SafeText::line(&words)));
    }

    /// Sends an event; a runtime that is gone is nobody to tell.
    pub(in crate::engine) fn tell(&self, event: Event) {
        let _ = self.setup.events.send(event);
    }

    /// Tells how far the gap is filled, not too often.
    pub(in crate::engine) fn tell_progress(
        &mut self,
        mailbox: MailboxId,
        n_done: u64,
        n_total: u64,
    ) {
        let now = self.setup.clock.now();
        if self.told_at.is_some_and(|at| now < at + PROGRESS_EVERY) {
            return;
        }
        self.told_at = Some(now);
        self.is_rest_told = false;
        let state = Connection::Syncing {
            mailbox,
            n_done,
            n_total,
        };
        self.setup.tell_state(state);
    }

    /// Turns a failure of the store into the end of this connection; the user is told by the store's own words.
    pub(in crate::engine) fn stored<T>(
        &self,
        result: Result<T, StoreError>,
    ) -> Result<T, RemoteError> {
        result.map_err(|error| {
            let failed = store_failed(&error);
            self.tell(Event::StoreFailed(error));
            failed
        })
    }
}
