//! The rows thread: reads folders and windows of lists for the screen, on connections of its own. Latest wins.

use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::kept::{News, WeightQuery};
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
        let mut wanted = Wanted::default();
        for request in std::iter::once(first).chain(requests.try_iter()) {
            wanted.note(request);
        }
        // The list first: it is what a key press waits for.
        wanted.lists(&mut reader, events);
        wanted.rest(&mut reader, events);
    }
}

/// What is asked for at once, the latest of each kind.
#[derive(Default)]
struct Wanted {
    folders: bool,
    window: Option<WindowQuery>,
    unread: Option<UnreadQuery>,
    selection: Option<SelectionQuery>,
    keywords: Option<MailboxId>,
    whereabouts: Option<Target>,
    ledger: bool,
    outbox: bool,
    drafts: bool,
    /// Each with a number of its own, and few.
    weights: Vec<WeightQuery>,
    /// Each for a tab of its own: none is superseded by another.
    opened: Vec<DraftId>,
}

impl Wanted {
    fn note(&mut self, request: Request) {
        match request {
            Request::Folders => self.folders = true,
            Request::Window(query) => self.window = Some(query),
            Request::Unread(query) => self.unread = Some(query),
            Request::Selection(query) => self.selection = Some(query),
            Request::Weight(query) => self.weights.push(query),
            Request::Keywords(mailbox) => self.keywords = Some(mailbox),
            Request::Whereabouts(target) => self.whereabouts = Some(target),
            Request::Ledger => self.ledger = true,
            Request::Outbox => self.outbox = true,
            Request::Drafts => self.drafts = true,
            Request::Draft(draft) => self.opened.push(draft),
        }
    }

    /// Windows of lists, and what is looked for in them.
    fn lists(&mut self, reader: &mut Reader, events: &Sender<Event>) {
        if let Some(query) = self.window.take() {
            let serial = query.serial;
            let read = reader.window(&query);
            let _ = events
                .send(read.map_or_else(|error| Event::RowsFailed { serial, error }, Event::Rows));
        }
        if let Some(query) = self.unread.take() {
            let serial = query.serial;
            let found = reader.next_unread(&query);
            let found = found.map(|found| Event::UnreadFound { serial, found });
            tell(events, found);
        }
        if let Some(query) = self.selection.take() {
            let serial = query.serial;
            let found = reader.selection(&query);
            let found = found.map(|(targets, n_matching)| Event::Selection {
                serial,
                targets,
                n_matching,
            });
            tell(events, found);
        }
    }

    fn rest(&mut self, reader: &mut Reader, events: &Sender<Event>) {
        if let Some(mailbox) = self.keywords {
            tell(events, reader.keywords(mailbox).map(Event::Keywords));
        }
        if let Some(target) = self.whereabouts {
            let others = reader.whereabouts(target);
            tell(
                events,
                others.map(|others| Event::Whereabouts { target, others }),
            );
        }
        if self.ledger {
            tell(events, reader.ledger().map(Event::Ledger));
        }
        if self.outbox {
            tell(events, reader.outbox().map(Event::Outbox));
        }
        if self.drafts {
            tell(events, reader.drafts().map(Event::Drafts));
        }
        for query in self.weights.drain(..) {
            tell(events, weighed(reader, &query));
        }
        for draft in self.opened.drain(..) {
            tell(events, one_draft(reader, draft));
        }
        if self.folders {
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
        Some(draft) => Ok(Event::Draft(Box::new(draft))),
        None => reader.drafts().map(Event::Drafts),
    }
}

fn weighed(reader: &mut Reader, query: &WeightQuery) -> Result<Event, StoreError> {
    let (serial, weight) = (query.serial, reader.weight(query)?);
    Ok(Event::Keeping(News::Weighed { serial, weight }))
}

fn tell(events: &Sender<Event>, read: Result<Event, StoreError>) {
    let _ = events.send(read.unwrap_or_else(Event::StoreFailed));
}
