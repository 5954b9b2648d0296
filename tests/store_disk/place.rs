//! Two mailboxes with messages, and what a test of moving does with them.

use sterna::channel::error::RemoteError;
use sterna::channel::operation::{
    Action, Address, Change, OperationId, Outcome, Recorded, Target, Ticket,
};
use sterna::channel::rows::{Anchor, MessageRow, WindowQuery};
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::message_id::MessageId;
use sterna::mail::safe_text::SafeText;
use sterna::mail::uid::{ModSeq, Uid};
use sterna::mail::uid_set::UidSet;
use sterna::store::sync_state::FetchedHeader;

use crate::support::{Fixture, check_cache, header, listed, selected, validity};

/// A store with messages 1 to `n` in the INBOX, and an empty Archive that was opened once.
pub struct Place {
    pub fixture: Fixture,
    pub archive: MailboxId,
    pub spare: MailboxId,
}

impl Place {
    pub fn new(n: u32) -> Self {
        let fixture = Fixture::with_headers(n);
        let [archive, spare] = mailboxes(&fixture);
        let place = Self {
            fixture,
            archive,
            spare,
        };
        for mailbox in [archive, spare] {
            place
                .fixture
                .writer()
                .selected(mailbox, selected(7, 0))
                .unwrap();
            place.sync(mailbox, 1, 0);
        }
        place
    }

    /// Ends this process's store as a crash would, and opens the files again.
    pub fn crash_and_open(self) -> Self {
        Self {
            fixture: self.fixture.crash_and_open(),
            ..self
        }
    }

    pub fn sync(&self, mailbox: MailboxId, uid_next: u32, exists: u32) {
        let epoch = if mailbox == self.fixture.inbox { 1 } else { 7 };
        let writer = self.fixture.writer();
        writer.sync_point(mailbox, validity(epoch), uid_next, ModSeq::new(90), exists);
        writer.flush().unwrap();
    }

    /// A header comes in the Archive (or Spare).
    pub fn arrives(&self, mailbox: MailboxId, header: FetchedHeader) {
        let covered = UidSet::from_range(header.uid.get(), header.uid.get());
        let writer = self.fixture.writer();
        writer.headers(mailbox, validity(7), vec![header], covered);
        writer.flush().unwrap();
    }

    pub fn vanishes(&self, mailbox: MailboxId, epoch: u32, uid: u32) {
        let writer = self.fixture.writer();
        writer.vanished(mailbox, validity(epoch), UidSet::from_range(uid, uid));
        writer.flush().unwrap();
    }

    pub fn record(&self, change: Change, targets: Vec<Target>) -> OperationId {
        self.action(vec![change], targets).operations[0]
    }

    pub fn action(&self, changes: Vec<Change>, targets: Vec<Target>) -> Recorded {
        let action = Action {
            ticket: Ticket(1),
            account: self.fixture.account,
            label: "archive".to_owned(),
            changes,
            targets,
            hold_seconds: 0,
        };
        let recorded = self.fixture.writer().record_now(action).unwrap();
        self.check();
        recorded
    }

    pub fn close(&self, operation: OperationId, target: Target, outcome: Outcome) {
        self.fixture
            .writer()
            .close(operation, vec![(target, outcome)])
            .unwrap();
        self.check();
    }

    pub fn rows(&self, mailbox: MailboxId) -> Vec<MessageRow> {
        let query = WindowQuery {
            mailbox,
            limit: String::new(),
            anchor: Anchor::Newest,
            n_rows: 10_000,
            serial: 0,
        };
        let window = self.fixture.reader().window(&query).unwrap();
        assert_eq!(window.n_matching, window.rows.len() as u64);
        window.rows
    }

    /// Message and UID of each row, newest first.
    pub fn list(&self, mailbox: MailboxId) -> Vec<(MessageId, u32)> {
        let rows = self.rows(mailbox).into_iter();
        rows.map(|row| (row.key.message, row.key.uid)).collect()
    }

    pub fn check(&self) {
        check_cache(&self.fixture.paths);
    }
}

pub fn placed(mailbox: MailboxId, message: MessageId) -> Target {
    Target { message, mailbox }
}

pub fn mailboxes(fixture: &Fixture) -> [MailboxId; 2] {
    let all = vec![
        listed("INBOX", Some(Role::Inbox)),
        listed("Archive", Some(Role::Archive)),
        listed("Spare", None),
    ];
    let numbered = fixture.writer().listing(fixture.account, all).unwrap();
    [numbered[1].1, numbered[2].1]
}

pub fn address(uid: u32) -> Address {
    Address {
        validity: validity(7),
        uid: Uid::new(uid).unwrap(),
    }
}

pub fn refused() -> Outcome {
    Outcome::Parked(RemoteError::Refused {
        action: "move the message",
        text: SafeText::line("over quota"),
    })
}

/// Message `old` of the INBOX as another mailbox gives it.
pub fn moved(old: u32, uid: u32) -> FetchedHeader {
    FetchedHeader {
        uid: Uid::new(uid).unwrap(),
        ..header(old)
    }
}
