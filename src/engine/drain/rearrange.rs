//! Changes of folders from the journal, carried out by the `imap` crate's session on a quiet connection.

use std::collections::BTreeSet;

use crate::channel::error::RemoteError;
use crate::channel::event::Event;
use crate::channel::operation::{Change, FolderChange, OperationId, Outcome};
use crate::engine::lane::agenda::Agenda;
use crate::engine::link::Link;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::safe_text::SafeText;
use crate::remote::login::admin::Refused;
use crate::remote::response::code::Code;
use crate::store::journal::{FolderState, OpenOperation};

/// Why a folder keeps its name.
pub(in crate::engine) const ACROSS: &str = "a folder cannot be renamed from a server to this computer or back; make one there and move the messages";

/// The change of a folder that comes next; `None` where none may come now.
///
/// They go in their order. A folder goes only when nothing that was recorded before still concerns it, whereas one that is
/// to be created or renamed goes first. `here` are the folders on this computer: their changes are asked for with
/// `is_here`, those of the server's without.
#[must_use]
pub fn next<'a>(
    operations: &'a [OpenOperation],
    now: i64,
    here: &BTreeSet<MailboxId>,
    is_here: bool,
) -> Option<(&'a OpenOperation, &'a FolderChange)> {
    let mut folders = operations.iter().filter_map(|open| match &open.change {
        Change::Folder(change) if is_open(open) => {
            let is_own = open.folder_mailbox.is_some_and(|id| here.contains(&id)) == is_here;
            is_own.then_some((open, change))
        }
        _ => None,
    });
    let (first, change) = folders.next().filter(|(open, _)| !open.is_held(now))?;
    if let FolderChange::Delete { mailbox } = change {
        let mut before = operations.iter().take_while(|open| open.id < first.id);
        if before.any(|open| concerns(open, *mailbox)) {
            return None;
        }
    }
    Some((first, change))
}

fn is_open(operation: &OpenOperation) -> bool {
    matches!(
        operation.folder,
        Some(FolderState::Open | FolderState::Sent)
    )
}

fn concerns(operation: &OpenOperation, mailbox: MailboxId) -> bool {
    let goes_there =
        matches!(operation.change, Change::Move { to } | Change::Copy { to } if to == mailbox);
    let mut targets = operation.targets.iter();
    (goes_there && !operation.targets.is_empty())
        || targets.any(|open| open.target.mailbox == mailbox)
}

/// Mailboxes that are to be created or renamed before anything in them can be done.
#[must_use]
pub fn unsettled(operations: &[OpenOperation]) -> BTreeSet<MailboxId> {
    let first = operations.iter().filter(|open| {
        let change = &open.change;
        let is_first = matches!(
            change,
            Change::Folder(FolderChange::Create { .. } | FolderChange::Rename { .. })
        );
        is_first && is_open(open)
    });
    first.filter_map(|open| open.folder_mailbox).collect()
}

impl Link<'_> {
    /// Carries the next change of a folder out; false where answers are to be waited for first.
    pub(in crate::engine) fn rearrange(
        &mut self,
        agenda: &mut Agenda,
    ) -> Result<bool, RemoteError> {
        let operations = self.reader.open_operations(self.setup.account);
        let operations = self.stored(operations)?;
        let here = self.reader.local_ids(self.setup.account);
        let here = self.stored(here)?;
        let Some((operation, change)) = next(&operations, self.wall(), &here, false) else {
            agenda.folders = false;
            return Ok(true);
        };
        self.end_idle();
        if !self.steps.is_empty() || !self.works.is_empty() {
            return Ok(false);
        }
        if self.is_in_the_way(change) {
            return self.step_aside(agenda);
        }
        let (id, was_sent) = (operation.id, operation.folder == Some(FolderState::Sent));
        let claimed = self.writer.claim_folder(id);
        if !self.stored(claimed)? {
            self.replay.wants_all = true; // Undone meanwhile.
            agenda.folders = false;
            return Ok(true);
        }
        let outcome = self.change_folder(change, was_sent)?;
        self.end_folder(id, outcome)?;
        agenda.refresh = true;
        self.replay.wants_all = true;
        agenda.folders = false;
        Ok(true)
    }

    fn end_folder(&mut self, id: OperationId, outcome: Outcome) -> Result<(), RemoteError> {
        if let Outcome::Parked(error) = &outcome {
            self.tell(Event::Notice(SafeText::line(&error.to_string())));
        }
        let closed = self.writer.close_folder(id, outcome);
        self.stored(closed)
    }

    /// A mailbox that is selected is neither renamed nor deleted: servers differ in what becomes of the selection.
    fn is_in_the_way(&self, change: &FolderChange) -> bool {
        match change {
            FolderChange::Rename { mailbox, .. } | FolderChange::Delete { mailbox } => {
                self.selected() == Some(*mailbox)
            }
            FolderChange::Create { .. } | FolderChange::Subscribe { .. } => false,
        }
    }

    /// Selects INBOX instead. Not CLOSE: that would expunge what anybody has marked.
    fn step_aside(&mut self, agenda: &mut Agenda) -> Result<bool, RemoteError> {
        let inbox = self.reader.inbox(self.setup.account);
        let inbox = self.stored(inbox)?;
        if let Some(inbox) = inbox.filter(|inbox| self.selected() != Some(*inbox)) {
            if agenda.home == self.selected() {
                agenda.home = Some(inbox);
            }
            self.select(inbox, agenda)?;
        } else {
            self.selection = None; // INBOX itself: the server says what it thinks of that.
        }
        Ok(true)
    }

    /// Asks the server. What it refuses because it is so already was done before the connection broke.
    fn change_folder(
        &mut self,
        change: &FolderChange,
        was_sent: bool,
    ) -> Result<Outcome, RemoteError> {
        if let FolderChange::Rename { to, .. } = change
            && to.is_local()
        {
            let cause = SafeText::line(ACROSS);
            return Ok(Outcome::Parked(RemoteError::Here { cause }));
        }
        let answer = match change {
            FolderChange::Create { name } => self.session.create(name),
            FolderChange::Rename { mailbox, to } => match self.name_of(*mailbox)? {
                // It was done, and so far that we ended before the journal knew.
                Some(from) if was_sent && from == *to => return Ok(Outcome::Done(None)),
                Some(from) => self.session.rename(&from, to),
                None => return Ok(Outcome::Gone),
            },
            FolderChange::Delete { mailbox } => match self.name_of(*mailbox)? {
                Some(name) => self.session.delete(&name),
                None => return Ok(Outcome::Gone),
            },
            FolderChange::Subscribe { mailbox, on } => match self.name_of(*mailbox)? {
                Some(name) if *on => self.session.subscribe(&name),
                Some(name) => self.session.unsubscribe(&name),
                None => return Ok(Outcome::Gone),
            },
        };
        Ok(match answer {
            Ok(()) => Outcome::Done(None),
            Err(Refused { error, code }) => {
                if matches!(error, RemoteError::Offline { .. }) {
                    return Err(error);
                }
                if is_so_already(change, code.as_ref(), was_sent) {
                    Outcome::Done(None)
                } else {
                    Outcome::Parked(error)
                }
            }
        })
    }

    fn name_of(&mut self, mailbox: MailboxId) -> Result<Option<MailboxName>, RemoteError> {
        let info = self.reader.mailbox(mailbox);
        Ok(self.stored(info)?.map(|info| info.name))
    }
}

/// Whether a refusal says that the change is there already. RFC 5530 §3.
const fn is_so_already(change: &FolderChange, code: Option<&Code>, was_sent: bool) -> bool {
    match change {
        FolderChange::Create { .. } => matches!(code, Some(Code::AlreadyExists)),
        FolderChange::Delete { .. } => matches!(code, Some(Code::Nonexistent)),
        // Only a rename that may have been carried out can have left nothing to rename.
        FolderChange::Rename { .. } => {
            was_sent && matches!(code, Some(Code::Nonexistent | Code::AlreadyExists))
        }
        FolderChange::Subscribe { .. } => false,
    }
}
