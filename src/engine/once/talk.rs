//! One connection of its own for questions that are asked one after the other, each waited for. It touches neither journal
//! nor cache, and so needs no lock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::Setup;
use crate::engine::link::missing::chunks;
use crate::engine::once::room::{self, Borrowed};
use crate::mail::flag::Flags;
use crate::mail::mailbox::MailboxName;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::mail::uid::Uid;
use crate::mail::uid_set::UidSet;
use crate::mime::ids;
use crate::remote::command::select::Resync;
use crate::remote::command::{Command, Tag};
use crate::remote::command::{append, fetch, flags, id, list, select, transfer};
use crate::remote::response::code::Code;
use crate::remote::response::{Received, Status, StatusItems, Untagged};
use crate::remote::session::Session;

/// Messages with one Message-ID that are looked at; a server may list any number.
const MOST_FOUND: usize = 1_000;

/// Bytes of the fields with the Message-IDs of one message.
const MOST_OF_IDS: u64 = 100_000;

/// A logged-in connection.
pub(in crate::engine) struct Talk {
    session: Session,
    /// The mailbox that is open, to be read only.
    open: Option<MailboxName>,
    /// Whose place on the server it has; given back last.
    place: Borrowed,
}

/// How a command ended.
pub(super) struct End {
    pub(super) tag: Tag,
    pub(super) status: Status,
    pub(super) code: Option<Code>,
    pub(super) text: SafeText,
}

impl Talk {
    /// Connects and logs in, in the place of a lane where the account has lanes.
    ///
    /// # Errors
    /// As the connection says.
    pub(in crate::engine) fn open(setup: &Setup, secret: &Secret) -> Result<Self, RemoteError> {
        let (mut session, place) = room::connect(setup, secret)?;
        session.patience().set_silence(setup.pace.silence);
        session.know(&[])?;
        // Some let nobody open a folder before; nobody waits for its answer.
        if let Some(id) = id::id(session.capabilities(), session.host()) {
            session.send(id);
        }
        Ok(Self::over(session, place))
    }

    /// Goes on over a connection to a server that knows who asks.
    pub(super) const fn over(session: Session, place: Borrowed) -> Self {
        Self {
            session,
            open: None,
            place,
        }
    }

    /// Says goodbye.
    pub(in crate::engine) fn end(self) {
        self.session.logout();
    }

    /// How long to leave the place to those who wait for it; `None` where nobody does.
    pub(super) fn is_wanted_for(&self) -> Option<Duration> {
        self.place.is_wanted_for()
    }

    /// What the server says of a mailbox.
    pub(super) fn status(&mut self, mailbox: &MailboxName) -> Result<StatusItems, RemoteError> {
        let mut status = StatusItems::default();
        let command = list::status(mailbox, self.session.capabilities())?;
        self.ask("look at the folder", command, &mut |told| {
            if let Untagged::Status { items, .. } = told {
                status = items.clone();
            }
        })?;
        Ok(status)
    }

    /// What the names of the user's own folders begin with, the delimiter included; `None` where the server does not say.
    /// RFC 2342.
    pub(in crate::engine) fn own_prefix(&mut self) -> Result<Option<Vec<u8>>, RemoteError> {
        if !self.session.capabilities().has("NAMESPACE") {
            return Ok(None);
        }
        let mut prefix = None;
        self.ask(
            "tell whose the folders are",
            list::namespace(),
            &mut |told| {
                if let Untagged::Namespace(spaces) = told {
                    let first = spaces.personal.first();
                    prefix = first.map(|space| space.prefix.raw().to_vec());
                }
            },
        )?;
        Ok(prefix)
    }

    /// Creates a mailbox and subscribes to it.
    pub(in crate::engine) fn create(&mut self, mailbox: &MailboxName) -> Result<(), RemoteError> {
        while self.session.in_flight() > 0 {
            self.next_end(&mut |_| {})?; // That goes on a quiet connection only.
        }
        self.session
            .create(mailbox)
            .map_err(|refused| refused.error)?;
        // One that is not subscribed to is there all the same.
        let _ = self.session.subscribe(mailbox);
        Ok(())
    }

    /// Opens a mailbox for changes; its UIDVALIDITY, 0 where the server told none.
    pub(in crate::engine) fn select(&mut self, mailbox: &MailboxName) -> Result<u32, RemoteError> {
        self.enter(mailbox, select::select(mailbox, Resync::Plain)?)
    }

    /// Opens a mailbox to be read; its UIDVALIDITY, 0 where the server told none.
    pub(in crate::engine) fn examine(&mut self, mailbox: &MailboxName) -> Result<u32, RemoteError> {
        self.enter(mailbox, select::examine(mailbox)?)
    }

    fn enter(&mut self, mailbox: &MailboxName, command: Command) -> Result<u32, RemoteError> {
        let mut validity = 0;
        self.ask("open the folder", command, &mut |told| {
            if let Untagged::Condition {
                code: Some(Code::UidValidity(told)),
                ..
            } = told
            {
                validity = told.get();
            }
        })?;
        self.open = Some(mailbox.clone());
        Ok(validity)
    }

    /// Adds a message; UIDVALIDITY and UID where the server tells them. RFC 4315 §3.
    pub(in crate::engine) fn append(
        &mut self,
        mailbox: &MailboxName,
        flags: &[&str],
        bytes: Vec<u8>,
    ) -> Result<Option<(u32, u32)>, RemoteError> {
        let flags = Flags::from_names(flags.iter().copied());
        self.add(append::append(mailbox, &flags, None, bytes)?)
    }

    /// Whether one message can take the place of another in one command. RFC 8508.
    pub(in crate::engine) fn can_replace(&self) -> bool {
        self.session.capabilities().has("REPLACE")
    }

    /// Adds a message, which takes the place of one of the mailbox that is open for changes; answers as `append` does.
    /// Where it is refused, nothing has changed. RFC 8508 §3.4.
    pub(in crate::engine) fn replace(
        &mut self,
        old: Uid,
        mailbox: &MailboxName,
        flags: &[&str],
        bytes: Vec<u8>,
    ) -> Result<Option<(u32, u32)>, RemoteError> {
        let flags = Flags::from_names(flags.iter().copied());
        self.add(append::replace(old, mailbox, &flags, bytes)?)
    }

    fn add(&mut self, command: Command) -> Result<Option<(u32, u32)>, RemoteError> {
        let tag = self.send(command);
        let mut told = None;
        loop {
            // REPLACE tells the new address before the old message goes, so before the end. RFC 8508 §4.3.
            let end = self.next_end(&mut |news| {
                if let Untagged::Condition {
                    code: Some(code), ..
                } = news
                {
                    told = appended(code).or(told);
                }
            })?;
            if end.tag != tag {
                continue;
            }
            return match end.status {
                Status::Ok => Ok(end.code.as_ref().and_then(appended).or(told)),
                Status::No | Status::Bad => Err(RemoteError::Refused {
                    action: "keep the draft",
                    text: end.text,
                }),
            };
        }
    }

    /// The bytes of one message of the mailbox that is open, at most `limit`; none where it is not there.
    pub(in crate::engine) fn message(
        &mut self,
        uid: Uid,
        limit: u64,
    ) -> Result<Vec<u8>, RemoteError> {
        let set: UidSet = std::iter::once(uid).collect();
        let mut bytes = Vec::new();
        self.ask("read the draft", fetch::bodies(&set), &mut |told| {
            if let Untagged::Fetch(fetch) = told
                && fetch.uid == Some(uid)
                && let Some(whole) = fetch
                    .sections
                    .iter()
                    .find(|section| section.name.is_empty())
            {
                bytes = whole.data.clone().into_bytes(limit).unwrap_or_default();
            }
        })?;
        Ok(bytes)
    }

    /// Removes one message of the mailbox that is open for changes, and no other: without UIDPLUS it stays, marked.
    pub(in crate::engine) fn remove(&mut self, uid: Uid) -> Result<(), RemoteError> {
        let set: UidSet = std::iter::once(uid).collect();
        let mark = flags::store(&set, true, ["\\Deleted"])?;
        self.ask("remove the old draft", mark, &mut |_| {})?;
        if !self.session.capabilities().has("UIDPLUS") {
            return Ok(());
        }
        let expunge = transfer::expunge(&set)?;
        self.ask("remove the old draft", expunge, &mut |_| {})
    }

    /// The UIDs in a mailbox, from one on, of messages with exactly this Message-ID; with `is_resent` also of bounced ones.
    pub(in crate::engine) fn search(
        &mut self,
        mailbox: &MailboxName,
        from: Uid,
        (message_id, is_resent): (&str, bool),
    ) -> Result<Vec<u32>, RemoteError> {
        if self.open.as_ref() != Some(mailbox) {
            self.examine(mailbox)?;
        }
        let mut alike = BTreeSet::new();
        let command = append::with_message_id(from, message_id, is_resent)?;
        self.ask("search the folder", command, &mut |told| {
            if let Untagged::Search(uids) = told {
                for uid in uids {
                    // `n:*` also means the last message, where that is below n. RFC 3501 §6.4.8.
                    if *uid >= from.get() {
                        alike.insert(*uid);
                    }
                    if alike.len() > MOST_FOUND {
                        alike.pop_first(); // What may have been added by us is among the newest.
                    }
                }
            }
        })?;
        let alike = alike.into_iter().filter_map(Uid::new).collect();
        let mut found = self.named(&alike, (message_id, is_resent))?;
        found.sort_unstable();
        Ok(found)
    }

    /// Which of these messages of the mailbox that is open have exactly this Message-ID: a search finds it in longer ones
    /// too.
    fn named(
        &mut self,
        alike: &UidSet,
        (message_id, is_resent): (&str, bool),
    ) -> Result<Vec<u32>, RemoteError> {
        let mut found = Vec::new();
        for set in chunks(alike, MOST_FOUND as u64) {
            let mut hear = |told: &Untagged| {
                let Untagged::Fetch(fetch) = told else { return };
                let Some(uid) = fetch.uid.filter(|uid| set.contains(*uid)) else {
                    return;
                };
                let is_it = fetch.sections.iter().any(|section| {
                    let block = section.data.clone().into_bytes(MOST_OF_IDS);
                    block.is_ok_and(|block| ids::is_named(&block, message_id, is_resent))
                });
                if is_it && !found.contains(&uid.get()) {
                    found.push(uid.get());
                }
            };
            self.ask("look at the messages", fetch::message_ids(&set), &mut hear)?;
        }
        Ok(found)
    }

    /// Whether one of these messages of the mailbox that is open arrived at a moment, seconds since the epoch, or later.
    pub(in crate::engine) fn has_arrived_since(
        &mut self,
        since: i64,
        uids: &[u32],
    ) -> Result<bool, RemoteError> {
        let set: UidSet = uids.iter().copied().filter_map(Uid::new).collect();
        let mut has_arrived = false;
        self.ask(
            "look at the messages",
            fetch::arrivals_of(&set),
            &mut |told| {
                if let Untagged::Fetch(fetch) = told {
                    has_arrived |= fetch.internal_date.is_some_and(|date| date >= since);
                }
            },
        )?;
        Ok(has_arrived)
    }

    /// Sends a command; its end is among those that `next_end` gives.
    pub(super) fn send(&mut self, command: Command) -> Tag {
        self.session.send(command)
    }

    /// One command, waited for, with what the server tells meanwhile.
    pub(super) fn ask(
        &mut self,
        action: &'static str,
        command: Command,
        hear: &mut dyn FnMut(&Untagged),
    ) -> Result<(), RemoteError> {
        let tag = self.session.send(command);
        loop {
            let end = self.next_end(hear)?;
            if end.tag != tag {
                continue;
            }
            let text = end.text;
            return match end.status {
                Status::Ok => Ok(()),
                Status::No | Status::Bad => Err(RemoteError::Refused { action, text }),
            };
        }
    }

    /// Waits for the end of any command.
    pub(super) fn next_end(&mut self, hear: &mut dyn FnMut(&Untagged)) -> Result<End, RemoteError> {
        loop {
            match self.session.next() {
                Some(Received::Done {
                    tag,
                    status,
                    code,
                    text,
                }) => {
                    return Ok(End {
                        tag,
                        status,
                        code,
                        text,
                    });
                }
                Some(Received::Untagged(told)) => hear(&told),
                Some(_) => {}
                // The session has a deadline of its own for every answer.
                None => self
                    .session
                    .wait(None, Instant::now() + Duration::from_mins(10))?,
            }
        }
    }
}

/// UIDVALIDITY and UID of what was added, where a response code tells them.
fn appended(code: &Code) -> Option<(u32, u32)> {
    match code {
        Code::AppendUid { validity, uids } => {
            uids.iter().next().map(|uid| (validity.get(), uid.get()))
        }
        _ => None,
    }
}
