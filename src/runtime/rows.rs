//! The rows thread: reads folders and windows of lists for the screen, on connections of its own. Latest wins.

use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::kept::WeightQuery;
use crate::channel::operation::Target;
use crate::channel::rows::{SelectionQuery, UnreadQuery, WindowQuery};
use crate::mail::mailbox::MailboxId;
use crate::store::Store;
use crate::store::reader::Reader;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The folders of all accounts.
    Folders,
    /// A window of a list.
    Window(WindowQuery),
    /// The next unread message.
    Unread(UnreadQuery),
    /// Many messages of a list.
    Selection(SelectionQuery),
    /// How much some messages are.
    Weight(WeightQuery),
    /// The keywords of a folder.
    Keywords(MailboxId),
    /// Where else a message is.
    Whereabouts(Target),
    /// The journal.
    Ledger,
    /// The outbox.
    Outbox,
    /// The drafts.
    Drafts,
    /// One draft.
    Draft(DraftId),
}

/// Starts the thread; it ends when the sender is dropped.
///
/// # Errors
/// The store cannot be read, or no thread can be made.
pub fn start(
    store: &Store,
    events: Sender<Event>,
) -> Result<(Sender<Request>, JoinHandle<()>), StoreError> {
    let (sender, requests) = unbounded();
    let reader = store.reader()?;
    let thread = std::thread::Builder::new()
        .name("rows".to_owned())
        .spawn(move || run(reader, &requests, &events))
        .map_err(|error| StoreError::Io {
            cause: format!("thread: {error}"),
        })?;
    Ok((sender, thread))
}

fn run(mut reader: Reader, requests: &Receiver<Request>, events: &Sender<Event>) {
    while let Ok(first) = requests.recv() {
        let (mut folders, mut window, mut unread) = (false, None, None);
        let (mut selection, mut keywords) = (None, None);
        let (mut whereabouts, mut ledger) = (None, false);
        let (mut outbox, mut drafts) = (false, false);
        for request in std::iter::once(first).chain(requests.try_iter()) {
            match request {
                Request::Folders => folders = true,
                Request::Window(query) => window = Some(query),
                Request::Unread(query) => unread = Some(query),
                Request::Selection(query) => selection = Some(query),
                // Each with a number of its own, and few.
                Request::Weight(query) => tell(events, weighed(&mut reader, &query)),
                Request::Keywords(mailbox) => keywords = Some(mailbox),
                Request::Whereabouts(target) => whereabouts = Some(target),
                Request::Ledger => ledger = true,
                Request::Outbox => outbox = true,
                Request::Drafts => drafts = true,
                // Each for a tab of its own: none is superseded by another.
                Request::Draft(draft) => tell(events, one_draft(&mut reader, draft)),
            }
        }
        // The list first: it is what a key press waits for.
        if let Some(query) = window {
            let serial = query.serial;
            let read = reader.window(&query);
            let _ = events
                .send(read.map_or_else(|error| Event::RowsFailed { serial, error }, Event::Rows));
        }
        if let Some(query) = unread {
            let serial = query.serial;
            let found = reader.next_unread(&query);
            let found = found.map(|found| Event::UnreadFound { serial, found });
            tell(events, found);
        }
        if let Some(query) = selection {
            let serial = query.serial;
            let found = reader.selection(&query);
            let found = found.map(|(targets, n_matching)| Event::Selection {
                serial,
                targets,
                n_matching,
            });
            tell(events, found);
        }
        if let Some(mailbox) = keywords {
            tell(events, reader.keywords(mailbox).map(Event::Keywords));
        }
        if let Some(target) = whereabouts {
            let others = reader.whereabouts(target);
            tell(
                events,
                others.map(|others| Event::Whereabouts { target, others }),
            );
        }
        if ledger {
            tell(events, reader.ledger().map(Event::Ledger));
        }
        if outbox {
            tell(events, reader.outbox().map(Event::Outbox));
        }
        if drafts {
            tell(events, reader.drafts().map(Event::Drafts));
        }
        if folders {
            tell(events, reader.folders().map(Event::Folders));
            tell(events, reader.quotas().map(Event::Quotas));
            // Closed in another process, or recorded before this one began: only the store knows of all.
            tell(events, reader.n_pending(None).map(Event::Pending));
        }
    }
}

/// A draft, or the list where it is none any more.
fn one_draft(reader: &mut Reader, draft: DraftId) -> Result<Event, StoreError> {
    match reader.draft(draft)? {
        Some((account, composition)) => Ok(Event::Draft {
            draft,
            account,
            composition: Box::new(composition),
        }),
        None => reader.drafts().map(Event::Drafts),
    }
}

fn weighed(reader: &mut Reader, query: &WeightQuery) -> Result<Event, StoreError> {
    let (serial, weight) = (query.serial, reader.weight(query)?);
    Ok(Event::Weighed { serial, weight })
}

fn tell(events: &Sender<Event>, read: Result<Event, StoreError>) {
    let _ = events.send(read.unwrap_or_else(Event::StoreFailed));
}
