//! The folders on this computer as the store knows them: mailboxes of the account whose names begin with
//! `On this computer/`, so that the journal, its projection and undo know nothing new of them. What is in them is read from
//! their files here; no server has a part in it.

pub mod bring;
pub mod local_deeds;
pub mod local_lane;
pub mod upload;

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::engine::Setup;
use crate::local::folder::{self, Folder};
use crate::local::head::Head;
use crate::local::maildir::Entry;
use crate::local::message::LocalError;
use crate::local::tree::Tree;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::{MailboxId, MailboxName, Namespace, ON_THIS_COMPUTER, Role};
use crate::mail::safe_text::SafeText;
use crate::mail::uid::{ModSeq, Uid};
use crate::mail::uid_set::UidSet;
use crate::mime::header;
use crate::store::disk::parsing::Parsing;
use crate::store::reader::Reader;
use crate::store::sync_state::{FetchedHeader, FlagChange, ListedMailbox, MailboxStatus, Selected};
use crate::store::writer::Writer;

/// Headers handed to the store at once.
const BATCH: usize = 200;
/// Headers read before other things are looked after.
const AT_ONCE: usize = 2_000;
/// A folder that changed so recently may have changed again within the same tick of the file system's clock.
const FRESH: Duration = Duration::from_secs(2);
/// The folder that takes what is deleted here. It is made with the first folder.
pub const TRASH: &str = "Trash";

/// Which mailboxes of an account are folders on this computer, for whoever hands out jobs.
#[derive(Debug, Clone, Default)]
pub struct Ids(Arc<Mutex<BTreeSet<MailboxId>>>);

impl Ids {
    /// Whether a mailbox is a folder on this computer.
    #[must_use]
    pub fn contains(&self, mailbox: MailboxId) -> bool {
        let ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.contains(&mailbox)
    }

    fn set(&self, known: BTreeSet<MailboxId>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = known;
    }
}

impl Setup {
    /// The folders on this computer of the account.
    #[must_use]
    pub fn tree(&self) -> Tree {
        let root: PathBuf = self.locks.join("mail").join(&self.settings.name);
        Tree::new(root)
    }
}

/// A refusal by this computer's files.
#[must_use]
pub fn refused(error: &LocalError) -> RemoteError {
    RemoteError::Here {
        cause: SafeText::line(&error.to_string()),
    }
}

/// What was seen of a folder.
#[derive(Debug, Default)]
struct Seen {
    /// When it had changed last; `None` while there is more to be told.
    changed_at: Option<u64>,
    /// The names that the store was told of, in short.
    names: BTreeMap<Uid, u64>,
}

/// Reads and changes the folders on this computer. Whoever has one holds their lock.
pub(super) struct Local<'a> {
    pub(super) setup: &'a Setup,
    pub(super) tree: Tree,
    pub(super) writer: Writer,
    pub(super) reader: Reader,
    /// Begun with the first header.
    parsing: Option<Parsing>,
    pub(super) ids: Ids,
    listed: Vec<String>,
    /// The folders by number, with their names below the directory.
    pub(super) names: BTreeMap<MailboxId, String>,
    seen: BTreeMap<MailboxId, Seen>,
    told: BTreeSet<String>,
}

impl<'a> Local<'a> {
    /// # Errors
    /// The store cannot be read.
    pub(super) fn new(setup: &'a Setup, ids: Ids) -> Result<Self, StoreError> {
        Ok(Self {
            setup,
            tree: setup.tree(),
            writer: setup.store.writer(),
            reader: setup.store.reader()?,
            parsing: None,
            ids,
            listed: Vec::new(),
            names: BTreeMap::new(),
            seen: BTreeMap::new(),
            told: BTreeSet::new(),
        })
    }

    /// Has the store know what is in the folders now; true where there is more to be told.
    ///
    /// A directory that is not there is a disk that is not: nothing goes for that.
    ///
    /// # Errors
    /// What the store said.
    pub(super) fn look(&mut self) -> Result<bool, StoreError> {
        if !self.tree.is_there() {
            self.ids.set(self.reader.local_ids(self.setup.account)?);
            return Ok(false);
        }
        if let Err(error) = self.list()? {
            self.tell(&error);
            return Ok(false);
        }
        let mut has_more = false;
        let folders: Vec<(MailboxId, String)> = self
            .names
            .iter()
            .map(|(id, name)| (*id, name.clone()))
            .collect();
        for (mailbox, name) in folders {
            match self.look_at(mailbox, &name)? {
                Ok(more) => has_more |= more,
                Err(error) => self.tell(&error),
            }
        }
        self.writer.flush()?;
        Ok(has_more)
    }

    /// Says what is wrong with the files, once.
    pub(super) fn tell(&mut self, error: &LocalError) {
        let words = SafeText::line(&refused(error).to_string());
        if self.told.insert(words.to_string()) {
            tracing::warn!(account = self.setup.account.get(), "{words}");
            let _ = self.setup.events.send(Event::Notice(words));
        }
    }

    /// Has the store know which folders there are.
    fn list(&mut self) -> Result<Result<(), LocalError>, StoreError> {
        let mut names = match self.tree.folders() {
            Ok(names) => names,
            Err(error) => return Ok(Err(error)),
        };
        if !names.iter().any(|name| name == TRASH) {
            if let Err(error) = self.tree.create(TRASH) {
                return Ok(Err(error));
            }
            names.push(TRASH.to_owned());
        }
        let known = self.reader.mailboxes(self.setup.account)?.into_iter();
        let n_known = known
            .filter(|info| info.namespace == Namespace::Local)
            .count();
        if n_known < names.len() {
            self.seen.clear(); // The cache was lost, or never had them.
        } else if names == self.listed {
            return Ok(Ok(()));
        }
        let listed = names.iter().map(|name| ListedMailbox {
            name: MailboxName::on_this_computer(name),
            delimiter: Some(b'/'),
            role: role(name),
            subscribed: Some(true),
            selectable: true,
            namespace: Namespace::Local,
            prefix_bytes: ON_THIS_COMPUTER.len() + 1,
            ..ListedMailbox::default()
        });
        let numbered = self.writer.listing(self.setup.account, listed.collect())?;
        let local_part = |name: &MailboxName| name.local_part().unwrap_or_default();
        self.names = numbered
            .iter()
            .map(|(name, id)| (*id, local_part(name)))
            .collect();
        self.listed = names;
        self.ids.set(self.names.keys().copied().collect());
        self.seen.retain(|id, _| self.names.contains_key(id));
        Ok(Ok(()))
    }

    /// Has the store know what is in one folder; true where there is more to be told.
    fn look_at(
        &mut self,
        mailbox: MailboxId,
        name: &str,
    ) -> Result<Result<bool, LocalError>, StoreError> {
        let Some(path) = self.tree.path(name) else {
            return Ok(Ok(false));
        };
        let changed_at = folder::changed_at(&path);
        let seen = self.seen.entry(mailbox).or_default();
        if changed_at.is_some() && seen.changed_at == changed_at {
            return Ok(Ok(false));
        }
        let mut folder = match Folder::open(&path) {
            Ok(folder) => folder,
            Err(error) => return Ok(Err(error)),
        };
        let is_settled = changed_at.filter(|at| !self.is_fresh(*at));
        if let Err(error) = folder.look() {
            return Ok(Err(error));
        }
        let has_more = self.tell_store(mailbox, &folder, is_settled)?;
        if let Some(seen) = self.seen.get_mut(&mailbox) {
            seen.changed_at = is_settled.filter(|_| !has_more);
        }
        Ok(Ok(has_more))
    }

    fn is_fresh(&self, changed_at: u64) -> bool {
        let now = self.setup.clock.wall().duration_since(UNIX_EPOCH);
        let age = now.map(|now| now.saturating_sub(Duration::from_nanos(changed_at)));
        age.is_ok_and(|age| age < FRESH)
    }

    /// Tells the differences between what the store knows and what is there. When the folder changed last serves as its
    /// mod-sequence: where that is the same, nothing is compared.
    fn tell_store(
        &mut self,
        mailbox: MailboxId,
        folder: &Folder,
        changed_at: Option<u64>,
    ) -> Result<bool, StoreError> {
        let (validity, uid_next) = (folder.validity(), folder.uid_next());
        let n_messages = u32::try_from(folder.messages().len()).unwrap_or(u32::MAX);
        let mod_seq = ModSeq::new(changed_at.unwrap_or(0));
        let before = self.reader.sync_state(mailbox)?;
        self.writer.selected(mailbox, selected(folder, mod_seq))?;
        let known = self.reader.known_uids(mailbox, 1)?;
        let is_as_told =
            mod_seq.get() > 0 && before.validity == Some(validity) && before.mod_seq == mod_seq;
        let mut seen = self.seen.remove(&mailbox).unwrap_or_default();
        if seen.names.is_empty() && is_as_told {
            let told = folder
                .messages()
                .iter()
                .filter(|(uid, _)| known.contains(**uid));
            seen.names = told.map(|(uid, entry)| (*uid, short(entry))).collect();
        }
        let there: UidSet = folder.messages().keys().copied().collect();
        let gone = known.minus(&there);
        if !gone.is_empty() {
            self.writer.vanished(mailbox, validity, gone);
        }
        let mut new: Vec<(Uid, &Entry)> = Vec::new();
        let mut changes = Vec::new();
        for (uid, entry) in folder.messages() {
            if !known.contains(*uid) {
                new.push((*uid, entry));
            } else if seen.names.get(uid) != Some(&short(entry)) {
                changes.push(FlagChange {
                    uid: *uid,
                    flags: folder.flags(entry),
                    mod_seq: ModSeq::default(),
                    labels: None,
                });
            }
        }
        if !changes.is_empty() {
            self.writer.flags(mailbox, validity, changes);
        }
        let has_more = new.len() > AT_ONCE;
        self.tell_new(mailbox, folder, new)?;
        let names = folder.messages().iter();
        seen.names = names.map(|(uid, entry)| (*uid, short(entry))).collect();
        self.seen.insert(mailbox, seen);
        if !has_more {
            let all = UidSet::from_range(1, uid_next.saturating_sub(1));
            self.writer.headers(mailbox, validity, Vec::new(), all);
            self.writer
                .sync_point(mailbox, validity, uid_next, mod_seq, n_messages);
        }
        self.count(mailbox, folder)?;
        Ok(has_more)
    }

    /// Tells of new messages, the newest first; not of all at once where there are many.
    fn tell_new(
        &mut self,
        mailbox: MailboxId,
        folder: &Folder,
        mut new: Vec<(Uid, &Entry)>,
    ) -> Result<(), StoreError> {
        if !new.is_empty() && self.parsing.is_none() {
            self.parsing = Some(self.setup.store.parsing()?);
        }
        new.reverse();
        new.truncate(AT_ONCE);
        for some in new.chunks(BATCH) {
            let rows = some.iter();
            let rows = rows.filter_map(|(uid, entry)| self.header(folder, *uid, entry));
            let (headers, covered) = (rows.collect(), some.iter().map(|(uid, _)| *uid).collect());
            self.writer
                .headers(mailbox, folder.validity(), headers, covered);
        }
        Ok(())
    }

    /// Tells how many messages there are, and how many unseen ones.
    fn count(&self, mailbox: MailboxId, folder: &Folder) -> Result<(), StoreError> {
        let is_unseen = |entry: &&Entry| !folder.flags(entry).has(SystemFlag::Seen);
        let n_unseen = folder.messages().values().filter(is_unseen).count();
        self.writer.status(
            mailbox,
            MailboxStatus {
                messages: Some(folder.messages().len() as u64),
                unseen: Some(n_unseen as u64),
                ..MailboxStatus::default()
            },
        )
    }

    /// One message as a row; `None` where it is gone or cannot be read.
    fn header(&self, folder: &Folder, uid: Uid, entry: &Entry) -> Option<FetchedHeader> {
        let Head {
            block,
            size_bytes,
            internal_date,
        } = folder.head(entry)?.ok()?;
        let envelope = self.parsing.as_ref()?.guarded(&block, header::of_row);
        Some(FetchedHeader {
            flags: folder.flags(entry),
            internal_date,
            size_bytes,
            ..FetchedHeader::new(uid, block, envelope)
        })
    }
}

/// A folder as if it had been selected on a server.
fn selected(folder: &Folder, highest_mod_seq: ModSeq) -> Selected {
    Selected {
        validity: folder.validity(),
        uid_next: Some(folder.uid_next()),
        exists: u32::try_from(folder.messages().len()).unwrap_or(u32::MAX),
        highest_mod_seq,
        permanent_flags: None,
        read_only: false,
    }
}

/// What a folder is for, by its name.
fn role(name: &str) -> Option<Role> {
    [
        (TRASH, Role::Trash),
        ("Archive", Role::Archive),
        ("Junk", Role::Junk),
    ]
    .into_iter()
    .find_map(|(known, role)| (known == name).then_some(role))
}

/// The name of a file in short, to tell whether it has another one.
fn short(entry: &Entry) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.hash(&mut hasher);
    hasher.finish()
}
