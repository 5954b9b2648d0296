//! A store in a temporary directory, and headers to put into it.

use std::path::Path;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};
use sterna::channel::error::StoreError;
use sterna::channel::event::Event;
use sterna::channel::operation::{Action, Change, OperationId, Target, Ticket};
use sterna::channel::rows::{Anchor, MessageRow, Window, WindowQuery};
use sterna::mail::account::{AccountId, AccountSettings, Endpoint, Security};
use sterna::mail::address::Address;
use sterna::mail::envelope::Envelope;
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::{MailboxId, MailboxName, Role};
use sterna::mail::message_id::MessageId;
use sterna::mail::uid::{ModSeq, Uid, UidValidity};
use sterna::mail::uid_set::UidSet;
use sterna::store::reader::Reader;
use sterna::store::sync_state::{FetchedHeader, ListedMailbox, Selected, SyncState};
use sterna::store::writer::Writer;
use sterna::store::{Paths, Store};
use tempfile::TempDir;

/// Ten times longer than anything here takes.
pub const GUARD: Duration = Duration::from_mins(1);

pub struct Fixture {
    pub directory: TempDir,
    pub paths: Paths,
    pub settings: Vec<AccountSettings>,
    pub store: Store,
    pub events: Receiver<Event>,
    pub account: AccountId,
    pub inbox: MailboxId,
}

pub fn settings(name: &str) -> AccountSettings {
    AccountSettings {
        user: "me".to_owned(),
        ..AccountSettings::new(
            name,
            "me@example.org",
            Endpoint::new("mail.example.org", 993, Security::Tls),
        )
    }
}

pub fn paths(directory: &Path) -> Paths {
    Paths {
        data: directory.join("data"),
        cache: directory.join("cache"),
    }
}

pub fn open(
    paths: &Paths,
    settings: &[AccountSettings],
) -> Result<(Store, Receiver<Event>), StoreError> {
    let (events, heard) = unbounded();
    Ok((Store::open(paths, settings, events)?, heard))
}

impl Fixture {
    /// A store with an INBOX, selected under UIDVALIDITY 1, with `n` messages still to come.
    pub fn with_gap(n: u32) -> Self {
        let directory = TempDir::new().unwrap();
        let paths = paths(directory.path());
        let settings = vec![settings("work")];
        let (store, events) = open(&paths, &settings).unwrap();
        let account = store.account("work").unwrap();
        let inbox = store
            .writer()
            .listing(account, vec![listed("INBOX", Some(Role::Inbox))])
            .unwrap()[0]
            .1;
        let fixture = Self {
            directory,
            paths,
            settings,
            store,
            events,
            account,
            inbox,
        };
        fixture.select(1, n);
        fixture
    }

    /// The same with headers 1 to `n` in it.
    pub fn with_headers(n: u32) -> Self {
        let fixture = Self::with_gap(n);
        fixture.insert((1..=n).map(header).collect());
        fixture.sync(1, n);
        fixture
    }

    pub fn writer(&self) -> Writer {
        self.store.writer()
    }

    pub fn reader(&self) -> Reader {
        self.store.reader().unwrap()
    }

    pub fn select(&self, epoch: u32, n: u32) -> SyncState {
        self.writer()
            .selected(self.inbox, selected(epoch, n))
            .unwrap()
    }

    /// Inserts headers under UIDVALIDITY 1 and waits for the commit.
    pub fn insert(&self, headers: Vec<FetchedHeader>) {
        self.insert_under(1, headers);
    }

    pub fn insert_under(&self, epoch: u32, headers: Vec<FetchedHeader>) {
        let covered: UidSet = headers.iter().map(|header| header.uid).collect();
        self.writer()
            .headers(self.inbox, validity(epoch), headers, covered);
        self.writer().flush().unwrap();
    }

    pub fn sync(&self, epoch: u32, n: u32) {
        self.writer().sync_point(
            self.inbox,
            validity(epoch),
            n + 1,
            ModSeq::new(u64::from(n) + 1),
            n,
        );
        self.writer().flush().unwrap();
    }

    /// Ends the store in order and leaves its files.
    pub fn end(self) -> (TempDir, Paths, Vec<AccountSettings>) {
        self.store.close();
        // The store thread lets go of its sender as the last thing.
        while self.events.recv_timeout(GUARD).is_ok() {}
        (self.directory, self.paths, self.settings)
    }

    /// Ends this process's store as a crash would: nothing is closed, only let go; then opens the files again.
    pub fn crash_and_open(self) -> Self {
        self.reopen(|_| {})
    }

    /// The same with something done to the files in between.
    pub fn reopen(self, between: impl FnOnce(&Paths)) -> Self {
        drop(self.store);
        // The store thread lets go of its sender as the last thing.
        while self.events.recv_timeout(GUARD).is_ok() {}
        between(&self.paths);
        let (store, events) = open(&self.paths, &self.settings).unwrap();
        Self {
            store,
            events,
            ..self
        }
    }

    /// The same files opened with other settings of the account "work", after an end in order.
    pub fn reconfigured(self, settings: Vec<AccountSettings>) -> Self {
        self.store.close();
        let (store, events) = open(&self.paths, &settings).unwrap();
        let account = store.account("work").unwrap();
        Self {
            settings,
            store,
            events,
            account,
            ..self
        }
    }

    pub fn message(&self, uid: u32) -> MessageId {
        self.reader()
            .message_at(self.inbox, validity(1), Uid::new(uid).unwrap())
            .unwrap()
            .unwrap_or_else(|| panic!("no message at UID {uid}"))
    }

    pub fn target(&self, uid: u32) -> Target {
        Target {
            message: self.message(uid),
            mailbox: self.inbox,
        }
    }

    pub fn row(&self, uid: u32) -> MessageRow {
        self.reader()
            .row(self.message(uid), self.inbox)
            .unwrap()
            .unwrap()
    }

    pub fn record(&self, targets: Vec<Target>, flag: SystemFlag, on: bool) -> OperationId {
        let change = Change::Flag { flag, on };
        let action = Action::new(Ticket(1), self.account, change, targets);
        self.writer().record_now(action).unwrap().operations[0]
    }

    pub fn window(&self, limit: &str, anchor: Anchor, n_rows: usize) -> Window {
        self.reader()
            .window(&self.query(limit, anchor, n_rows))
            .unwrap()
    }

    pub fn query(&self, limit: &str, anchor: Anchor, n_rows: usize) -> WindowQuery {
        WindowQuery {
            mailbox: self.inbox,
            limit: limit.to_owned(),
            anchor,
            n_rows,
            serial: 0,
        }
    }

    pub fn unread(&self) -> Option<u64> {
        self.reader().mailbox(self.inbox).unwrap().unwrap().unread
    }
}

pub fn validity(epoch: u32) -> UidValidity {
    UidValidity::new(epoch).unwrap()
}

pub fn selected(epoch: u32, n: u32) -> Selected {
    Selected {
        validity: validity(epoch),
        uid_next: Some(n + 1),
        exists: n,
        highest_mod_seq: ModSeq::new(u64::from(n) + 1),
        permanent_flags: Some(vec!["\\Seen".to_owned(), "\\*".to_owned()]),
        read_only: false,
    }
}

pub fn listed(name: &str, role: Option<Role>) -> ListedMailbox {
    ListedMailbox {
        name: MailboxName::from_raw(name.as_bytes()),
        delimiter: Some(b'/'),
        attributes: Vec::new(),
        role,
        subscribed: Some(true),
        selectable: true,
        ..ListedMailbox::default()
    }
}

/// The header of message `uid`: unseen, one minute after the one before.
pub fn header(uid: u32) -> FetchedHeader {
    let subject = format!("Subject number {uid}");
    let date = 1_700_000_000 + i64::from(uid) * 60;
    let block = format!("From: Anna <anna@example.org>\r\nSubject: {subject}\r\n\r\n");
    let envelope = Envelope {
        from: vec![Address {
            name: "Anna Abel".to_owned(),
            addr: "anna@example.org".to_owned(),
        }],
        subject,
        date: Some(date),
        message_id: format!("{uid}@example.org"),
        ..Envelope::default()
    };
    FetchedHeader {
        internal_date: date,
        size_bytes: 1_000 + u64::from(uid),
        mod_seq: ModSeq::new(u64::from(uid)),
        ..FetchedHeader::new(Uid::new(uid).unwrap(), block.into_bytes(), envelope)
    }
}

/// Copies a directory tree.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().flatten() {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// What holds in every cache, and the rows for which it does not.
const RULES: [(&str, &str); 5] = [
    (
        "every message shown is described",
        "SELECT message FROM placement WHERE message NOT IN (SELECT id FROM message)",
    ),
    (
        "truth stands once",
        "SELECT p.message FROM placement p JOIN leaving l ON l.message = p.message AND l.mailbox = p.mailbox
         WHERE p.operation = 0",
    ),
    (
        "what has no address is noted",
        "SELECT message FROM placement p WHERE operation = 0 AND uid = 0 AND NOT EXISTS
         (SELECT 1 FROM unbound u WHERE u.message = p.message AND u.mailbox = p.mailbox)",
    ),
    (
        "what is noted has no address",
        "SELECT message FROM unbound u WHERE NOT EXISTS
         (SELECT 1 FROM placement p WHERE u.message = p.message AND u.mailbox = p.mailbox AND uid = 0)
         AND NOT EXISTS (SELECT 1 FROM leaving p WHERE u.message = p.message AND u.mailbox = p.mailbox AND uid = 0)",
    ),
    (
        "no message is kept that is nowhere",
        "SELECT id FROM message WHERE id NOT IN (SELECT message FROM placement)
         AND id NOT IN (SELECT message FROM leaving) AND id NOT IN (SELECT message FROM aside)
         AND id NOT IN (SELECT message FROM held)",
    ),
];

/// Looks whether what the cache counts is what is in it: counts and member bitmaps of every mailbox, no message without a
/// description, no truth twice.
pub fn check_cache(paths: &Paths) {
    let db = rusqlite::Connection::open(paths.cache.join("cache.db")).unwrap();
    let numbers = |sql: &str| -> Vec<Vec<i64>> {
        let mut statement = db.prepare(sql).unwrap();
        let n = statement.column_count();
        let rows = statement.query_map([], |row| (0..n).map(|at| row.get(at)).collect());
        rows.unwrap().collect::<Result<_, _>>().unwrap()
    };
    let counted = numbers(
        "SELECT id, n_headers, n_unseen, n_server_headers, n_server_unseen, n_whole FROM mailbox ORDER BY id",
    );
    let truth = "(SELECT mailbox, uid, server_flags FROM placement WHERE operation = 0
                  UNION ALL SELECT mailbox, uid, server_flags FROM leaving WHERE is_gone = 0)";
    let real = numbers(&format!(
        "SELECT id, (SELECT count(*) FROM placement WHERE mailbox = id),
         (SELECT count(*) FROM placement WHERE mailbox = id AND flags & 1 = 0),
         (SELECT count(*) FROM {truth} WHERE mailbox = id AND uid > 0),
         (SELECT count(*) FROM {truth} WHERE mailbox = id AND uid > 0 AND server_flags & 1 = 0),
         (SELECT count(*) FROM placement p JOIN body b ON b.message = p.message WHERE mailbox = id AND b.in_parts = 0)
         FROM mailbox ORDER BY id"
    ));
    assert_eq!(counted, real, "counts of mailboxes");
    let mut members = Vec::new();
    let mut statement = db
        .prepare("SELECT mailbox, chunk, bits FROM member ORDER BY mailbox, chunk")
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let (mailbox, chunk): (i64, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        let bits: Vec<u8> = row.get(2).unwrap();
        let set = (0..bits.len() * 8).filter(|bit| bits[bit / 8] & (1 << (bit % 8)) != 0);
        members.extend(set.map(|bit| vec![mailbox, chunk * 4_096 + i64::try_from(bit).unwrap()]));
    }
    let placed = "SELECT mailbox, message FROM placement ORDER BY mailbox, message";
    assert_eq!(members, numbers(placed), "member bitmaps");
    for (rule, sql) in RULES {
        assert_eq!(numbers(sql), Vec::<Vec<i64>>::new(), "{rule}");
    }
}
