//! What the mail server is asked for, once mail has left: uncertain mail is looked for, copies are filed, and those of
//! drafts. It is done beside the sending, on a thread that is there while it lasts, as a mail server that is silent must
//! hold no other mail up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::Builder;

use crate::channel::error::StoreError;
use crate::engine::submitter::sending_round::Leave;
use crate::engine::submitter::{STACK, Shared, draft_copy, seek, sent_copy};
use crate::mail::secret::Secret;

/// How it stands with that.
#[derive(Default)]
pub(super) struct Filing {
    pub(super) is_running: bool,
    /// More may have come since it looked.
    pub(super) is_wanted: bool,
    /// How it ended, until the submission thread has heard of it.
    pub(super) ended: Option<Result<(), StoreError>>,
}

impl Shared {
    /// Has everything done that is due now.
    pub(super) fn file(self: &Arc<Self>, secret: &Secret) {
        let mut desk = self.desk();
        desk.filing.is_wanted = true;
        if desk.filing.is_running {
            return;
        }
        let (shared, secret) = (Arc::clone(self), secret.clone());
        let thread = Builder::new()
            .name(format!("{}-filing", self.setup.settings.name))
            .stack_size(STACK)
            .spawn(move || shared.file_all(&secret));
        match thread {
            Ok(_) => desk.filing.is_running = true,
            Err(_) => desk.filing.ended = Some(Ok(())), // Tried again after a while.
        }
    }

    /// The thread's whole life. A defect costs one attempt.
    fn file_all(&self, secret: &Secret) {
        loop {
            self.desk().filing.is_wanted = false;
            let done = catch_unwind(AssertUnwindSafe(|| self.file_once(secret)));
            let done = done.unwrap_or_else(|_| {
                self.tell_defect();
                Ok(())
            });
            let mut desk = self.desk();
            if desk.filing.is_wanted && done.is_ok() {
                continue;
            }
            desk.filing.is_running = false;
            desk.filing.ended = Some(done);
            self.changed.notify_all();
            return;
        }
    }

    fn file_once(&self, secret: &Secret) -> Result<(), StoreError> {
        let leave = || self.desk().leave();
        let (setup, bulk) = (&self.setup, self.bulk.as_ref());
        let mut reader = setup.store.reader()?;
        if leave() == Leave::All {
            // What is found to be sent is filed like the rest.
            seek::look_for_due(setup, secret, &mut reader)?;
        }
        if leave() != Leave::Nothing {
            sent_copy::file_due(setup, secret, &mut reader, bulk)?;
        }
        if leave() == Leave::All {
            draft_copy::copy_due(setup, secret, &mut reader, false, bulk)?;
        }
        Ok(())
    }
}
