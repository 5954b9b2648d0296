//! What a server does not let be read: the mailbox is passed over, the user is told by its name, and the others go on. It
//! is tried again whenever something asks for it: the user, or the next look at all folders.

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::engine::Order;
use crate::engine::lane::Kind;
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::engine::link::step::Block;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

impl Link<'_> {
    /// A failed SELECT leaves no mailbox selected. RFC 3501 §6.3.1.
    pub(super) fn select_refused(&mut self, error: &RemoteError, agenda: &mut Agenda) {
        let Some(selection) = self.selection.take() else {
            return;
        };
        self.pass_over(selection.mailbox, error, agenda);
        agenda.refresh = true; // It may be gone: ask which folders there are.
    }

    /// Goes on without a mailbox, and tells.
    pub(super) fn pass_over(
        &mut self,
        mailbox: MailboxId,
        error: &RemoteError,
        agenda: &mut Agenda,
    ) {
        self.forget(agenda, mailbox);
        self.refused.push((mailbox, error.clone()));
        if agenda.troubles.tell(mailbox) {
            // Before the user knows: what he asks for then is to be heard after it, and told again.
            self.other.send(Order::GivenUp(mailbox));
            let words = format!("{}: {error}", self.shown_name(mailbox));
            self.tell(Event::Notice(SafeText::line(&words)));
        }
    }

    /// What has to be known of the open mailbox was refused. By chance, perhaps: then a new connection helps. Where it is
    /// refused again and again, the others go on without this one.
    pub(super) fn look_in_vain(
        &mut self,
        error: RemoteError,
        agenda: &mut Agenda,
    ) -> Result<(), RemoteError> {
        // Some servers refuse to fetch from an empty mailbox (`quirks`), where nothing can be missed.
        let selection = self.selection.as_ref();
        let Some(open) = selection.filter(|open| open.is_open_and_filled()) else {
            return Ok(());
        };
        let mailbox = open.mailbox;
        if !agenda.troubles.look_in_vain(mailbox) && self.kind != Kind::Once {
            self.selection = None; // What the connection ends over has been counted.
            return Err(error);
        }
        self.select_refused(&error, agenda);
        self.is_left_open = true;
        Ok(())
    }

    /// Headers of the gap were refused: they stay in it, and the rest of it is asked for.
    pub(super) fn block_refused(
        &mut self,
        block: &Block,
        error: &RemoteError,
        agenda: &mut Agenda,
    ) {
        let Some(selection) = &mut self.selection else {
            return;
        };
        if let Some(fill) = &mut selection.fill {
            fill.ended(block.n_headers);
        }
        tracing::warn!("headers {}:{} stay in the gap", block.low, block.high);
        self.is_incomplete(error, agenda);
    }

    /// Older headers do not come now.
    pub(super) fn is_incomplete(&mut self, error: &RemoteError, agenda: &mut Agenda) {
        let Some(mailbox) = self.selected() else {
            return;
        };
        if agenda.troubles.tell_incomplete(mailbox) {
            let words = format!("{} is not complete: {error}", self.shown_name(mailbox));
            self.tell(Event::Notice(SafeText::line(&words)));
        }
        // Whoever waits for the end of a single connection hears it there.
        let is_noted = self.refused.iter().any(|(noted, _)| *noted == mailbox);
        if self.kind == Kind::Once && !is_noted {
            self.refused.push((mailbox, error.clone()));
        }
    }

    /// The selected mailbox was read: nothing is wrong with it any more, but for a gap that did not come.
    pub(in crate::engine) fn was_read(&self, mailbox: MailboxId, agenda: &mut Agenda) {
        let open = self.selection.as_ref();
        let is_complete = open.is_some_and(|open| open.known.gap.is_empty());
        if agenda.troubles.read(mailbox, is_complete) {
            self.other.send(Order::ReadAgain(mailbox));
        }
    }

    /// All folders are to be looked at: those that were passed over too, and what did not come of the one that is open.
    pub(in crate::engine) fn look_at_all(&mut self, agenda: &mut Agenda) {
        agenda.refresh = true;
        self.refused.clear();
        // The counts send nobody to a mailbox that is watched.
        let is_metered = self.setup.settings.metered_bytes.is_some();
        let Some(mailbox) = self.selected().filter(|_| !is_metered) else {
            return;
        };
        let state = self.reader.sync_state(mailbox);
        if state.is_ok_and(|state| !state.gap.is_empty()) {
            self.delegate(vec![mailbox], agenda);
        }
    }

    /// Mailboxes that were passed over are wanted again.
    pub(in crate::engine) fn try_again(&mut self, mailboxes: &[MailboxId]) {
        self.refused
            .retain(|(mailbox, _)| !mailboxes.contains(mailbox));
    }

    pub(super) fn shown_name(&mut self, mailbox: MailboxId) -> String {
        let info = self.reader.mailbox(mailbox).ok().flatten();
        info.map_or_else(|| "a folder".to_owned(), |info| info.name.display())
    }
}
