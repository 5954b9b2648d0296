//! Moves, copies, deletions and keywords that the server does not know of yet: shown at once, merged under, ended well.

use sterna::channel::error::RemoteError;
use sterna::channel::operation::{
    Action, Address, Change, OperationId, Outcome, Recorded, Target, Ticket,
};
use sterna::channel::rows::{Anchor, MessageRow, WindowQuery};
use sterna::mail::flag::{Flags, Keyword, SystemFlag};
use sterna::mail::mailbox::{MailboxId, Role};
use sterna::mail::message_id::MessageId;
use sterna::mail::safe_text::SafeText;
use sterna::mail::uid::{ModSeq, Uid};
use sterna::mail::uid_set::UidSet;
use sterna::store::bodies::StoredBody;
use sterna::store::journal::Arrival;
use sterna::store::sync_state::{FetchedHeader, FlagChange};

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

#[test]
fn a_move_is_shown_at_once_and_bound_by_the_address_that_the_server_tells() {
    let place = Place::new(3);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    assert_eq!(place.rows(inbox).len(), 2);
    assert_eq!(place.list(archive), [(target.message, 0)]);
    let mut reader = place.fixture.reader();
    // The sync goes on as if it were still there, for there it is.
    assert_eq!(reader.sync_state(inbox).unwrap().n_headers, 3);
    assert_eq!(reader.known_uids(inbox, 1).unwrap().to_string(), "1:3");
    assert_eq!(reader.sync_state(archive).unwrap().n_headers, 0);
    assert_eq!(
        reader.mailbox(archive).unwrap().unwrap().unread,
        Some(1),
        "unread counts follow"
    );
    let open = reader.open_operations(place.fixture.account).unwrap();
    assert_eq!(open[0].targets[0].key.unwrap().uid.get(), 2);

    place.close(operation, target, Outcome::Done(Some(address(40))));
    assert_eq!(place.list(archive), [(target.message, 40)]);
    assert_eq!(reader.known_uids(inbox, 1).unwrap().to_string(), "1,3");
    assert_eq!(reader.sync_state(archive).unwrap().n_headers, 1);
    // Its header comes all the same: the same message, not another.
    place.arrives(archive, moved(2, 40));
    assert_eq!(place.list(archive), [(target.message, 40)]);
    place.check();
}

#[test]
fn an_address_of_another_message_is_not_believed() {
    let place = Place::new(3);
    place.arrives(place.archive, moved(3, 40));
    let other = place.rows(place.archive)[0].key.message;
    let target = place.fixture.target(1);
    let operation = place.record(Change::Move { to: place.archive }, vec![target]);
    let body = StoredBody::Whole(b"of the other".to_vec());
    let writer = place.fixture.writer();
    writer.body(other, body.clone());
    writer.flush().unwrap();
    place.close(operation, target, Outcome::Done(Some(address(40))));
    let mut list = place.list(place.archive);
    list.sort_by_key(|(_, uid)| *uid);
    assert_eq!(list, [(target.message, 0), (other, 40)]);
    let mut reader = place.fixture.reader();
    assert_eq!(reader.body(other).unwrap(), Some(body));
    // Nor one that was given out before the command left.
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: place.archive }, vec![target]);
    let claims = vec![(operation, target)];
    writer.claim(claims, Some(address(50))).unwrap();
    place.close(operation, target, Outcome::Done(Some(address(49))));
    assert!(place.list(place.archive).contains(&(target.message, 0)));
}

#[test]
fn a_refused_move_comes_back_with_what_waited_for_it() {
    let place = Place::new(3);
    let (inbox, archive, spare) = (place.fixture.inbox, place.archive, place.spare);
    let target = place.fixture.target(2);
    let first = place.record(Change::Move { to: archive }, vec![target]);
    let there = placed(archive, target.message);
    let seen = Change::Flag {
        flag: SystemFlag::Seen,
        on: true,
    };
    place.record(seen, vec![there]);
    place.record(Change::Move { to: spare }, vec![there]);
    assert_eq!(place.list(spare), [(target.message, 0)]);
    assert!(place.rows(spare)[0].flags.has(SystemFlag::Seen));
    assert!(place.rows(archive).is_empty());

    place.close(first, target, refused());
    assert_eq!(place.list(inbox).len(), 3);
    assert!(place.rows(archive).is_empty() && place.rows(spare).is_empty());
    let mut reader = place.fixture.reader();
    let parked = reader.open_operations(place.fixture.account).unwrap();
    assert_eq!(parked.len(), 3);
    assert!(parked.iter().all(|operation| operation.parked.len() == 1));
    assert!(
        parked[2].parked[0]
            .1
            .contains("did not come to this folder")
    );
    assert_eq!(reader.n_pending(None).unwrap(), 0);
}

#[test]
fn a_folded_chain_ends_together() {
    let place = Place::new(2);
    let (archive, spare) = (place.archive, place.spare);
    let target = place.fixture.target(1);
    let first = place.record(Change::Move { to: archive }, vec![target]);
    let there = placed(archive, target.message);
    let second = place.record(Change::Move { to: spare }, vec![there]);
    let writer = place.fixture.writer();
    writer
        .close_together(vec![
            (first, vec![(target, Outcome::Done(None))]),
            (second, vec![(there, Outcome::Done(Some(address(5))))]),
        ])
        .unwrap();
    place.check();
    assert_eq!(place.list(spare), [(target.message, 5)]);
    assert!(place.rows(archive).is_empty());

    // There and back: nothing is sent, and it has its own address again.
    let target = place.fixture.target(2);
    let first = place.record(Change::Move { to: archive }, vec![target]);
    let there = placed(archive, target.message);
    let back = Change::Move {
        to: place.fixture.inbox,
    };
    let second = place.record(back, vec![there]);
    assert_eq!(place.list(place.fixture.inbox), [(target.message, 0)]);
    let home = Address {
        validity: validity(1),
        uid: Uid::new(2).unwrap(),
    };
    writer
        .close_together(vec![
            (first, vec![(target, Outcome::Done(None))]),
            (second, vec![(there, Outcome::Done(Some(home)))]),
        ])
        .unwrap();
    place.check();
    assert_eq!(place.list(place.fixture.inbox), [(target.message, 2)]);
}

#[test]
fn server_news_merge_under_a_message_that_is_leaving() {
    let place = Place::new(3);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let target = place.fixture.target(3);
    let writer = place.fixture.writer();
    writer.body(target.message, StoredBody::Whole(b"three".to_vec()));
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    let flags = FlagChange {
        uid: Uid::new(3).unwrap(),
        flags: Flags::from_names(["\\Seen", "todo"]),
        mod_seq: ModSeq::new(50),
        labels: None,
    };
    writer.flags(inbox, validity(1), vec![flags]);
    writer.flush().unwrap();
    place.check();
    let row = &place.rows(archive)[0];
    assert_eq!(row.flags.names().collect::<Vec<_>>(), ["\\Seen", "todo"]);
    // The server says that it is gone there before it says that the move is done.
    place.vanishes(inbox, 1, 3);
    place.check();
    assert_eq!(place.list(archive), [(target.message, 0)], "still shown");
    let mut reader = place.fixture.reader();
    assert_eq!(reader.known_uids(inbox, 1).unwrap().to_string(), "1:2");
    assert_eq!(reader.sync_state(inbox).unwrap().n_headers, 2);
    let gone = reader.message_at(inbox, validity(1), Uid::new(3).unwrap());
    assert_eq!(gone.unwrap(), None);
    place.close(operation, target, Outcome::Done(Some(address(9))));
    assert_eq!(place.list(archive), [(target.message, 9)]);
    let body = reader.body(target.message).unwrap();
    assert_eq!(body, Some(StoredBody::Whole(b"three".to_vec())));

    // Another client was faster: gone for good.
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.vanishes(inbox, 1, 2);
    place.close(operation, target, Outcome::Gone);
    assert_eq!((place.rows(inbox).len(), place.rows(archive).len()), (1, 1));
}

#[test]
fn without_an_address_the_header_finds_its_message() {
    let place = Place::new(3);
    let archive = place.archive;
    let target = place.fixture.target(1);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.close(operation, target, Outcome::Done(None));
    assert_eq!(place.list(archive), [(target.message, 0)]);
    // What was on its way before the move says nothing of it.
    place.sync(archive, 1, 0);
    assert_eq!(place.list(archive), [(target.message, 0)]);
    place.arrives(archive, moved(1, 12));
    place.check();
    assert_eq!(place.list(archive), [(target.message, 12)]);

    // The header came first, as a message of its own.
    let target = place.fixture.target(2);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.arrives(archive, moved(2, 13));
    assert_eq!(place.rows(archive).len(), 3);
    place.close(operation, target, Outcome::Done(Some(address(13))));
    let list: Vec<u32> = place.list(archive).iter().map(|(_, uid)| *uid).collect();
    assert_eq!(list, [13, 12]);
    assert_eq!(place.list(archive)[0].0, target.message);

    // Never seen there: let go of once the mailbox is known beyond it.
    let target = place.fixture.target(3);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.close(operation, target, Outcome::Done(None));
    place.sync(archive, 20, 2);
    place.check();
    assert_eq!(place.rows(archive).len(), 2);
}

#[test]
fn the_same_message_by_the_servers_id_takes_its_place() {
    let place = Place::new(0);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    place.fixture.select(1, 1);
    let known = |uid, epoch_header: FetchedHeader| FetchedHeader {
        uid: Uid::new(uid).unwrap(),
        email_id: "M1".to_owned(),
        ..epoch_header
    };
    place.fixture.insert(vec![known(1, header(1))]);
    let target = place.fixture.target(1);
    let operation = place.record(Change::Move { to: archive }, vec![target]);
    place.arrives(archive, known(33, header(1)));
    place.check();
    assert_eq!(place.list(archive), [(target.message, 33)]);
    place.vanishes(inbox, 1, 1);
    place.close(operation, target, Outcome::Done(None));
    assert_eq!(place.list(archive), [(target.message, 33)]);
}

#[test]
fn copies_and_deletions() {
    let place = Place::new(3);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let target = place.fixture.target(1);
    let copy = place.record(Change::Copy { to: archive }, vec![target]);
    assert_eq!((place.rows(inbox).len(), place.rows(archive).len()), (3, 1));
    place.close(copy, target, refused());
    assert_eq!((place.rows(inbox).len(), place.rows(archive).len()), (3, 0));
    let copy = place.record(Change::Copy { to: archive }, vec![target]);
    place.close(copy, target, Outcome::Done(Some(address(2))));
    assert_eq!(place.list(archive), [(target.message, 2)]);
    // A second copy is the server's to show.
    let copy = place.record(Change::Copy { to: archive }, vec![target]);
    place.close(copy, target, Outcome::Done(Some(address(3))));
    assert_eq!(place.list(archive), [(target.message, 2)]);
    place.arrives(archive, moved(1, 3));
    place.check();
    assert_eq!(place.rows(archive).len(), 2);

    let two = place.fixture.target(2);
    let delete = place.record(Change::Delete, vec![two]);
    assert_eq!(place.rows(inbox).len(), 2);
    place.close(delete, two, refused());
    assert_eq!(place.rows(inbox).len(), 3);
    let delete = place.record(Change::Delete, vec![two]);
    place.vanishes(inbox, 1, 2);
    place.close(delete, two, Outcome::Done(None));
    assert_eq!(place.rows(inbox).len(), 2);
}

#[test]
fn a_lost_cache_is_projected_again_as_the_headers_come_back() {
    let place = Place::new(4);
    let (one, two) = (place.fixture.target(1), place.fixture.target(2));
    place.record(Change::Move { to: place.archive }, vec![one, two]);
    place.record(Change::Delete, vec![place.fixture.target(3)]);
    let Place {
        fixture,
        archive,
        spare,
    } = place;
    let fixture = fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.cache).unwrap();
    });
    assert_eq!(mailboxes(&fixture), [archive, spare]);
    fixture.select(1, 4);
    fixture.insert((1..=4).map(header).collect());
    fixture.sync(1, 4);
    let place = Place {
        fixture,
        archive,
        spare,
    };
    place.check();
    assert_eq!(place.rows(place.fixture.inbox).len(), 1);
    assert_eq!(
        place.list(archive),
        [(two.message, 0), (one.message, 0)],
        "under their old numbers"
    );
}

#[test]
fn what_a_lost_cache_knew_of_a_message_is_not_taken_for_its_absence() {
    let place = Place::new(1);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let message = place.fixture.target(1).message;
    let arrived = |fixture: &Fixture| {
        let there = Target {
            message,
            mailbox: archive,
        };
        fixture.reader().arrival(there, None).unwrap()
    };
    assert_eq!(arrived(&place.fixture), Arrival::Missing);
    place.record(
        Change::Move { to: archive },
        vec![Target {
            message,
            mailbox: inbox,
        }],
    );
    let fixture = place.fixture.reopen(|paths| {
        std::fs::remove_dir_all(&paths.cache).unwrap();
    });
    mailboxes(&fixture);
    fixture.writer().selected(archive, selected(7, 0)).unwrap();
    assert_eq!(arrived(&fixture), Arrival::Unknown);
}

#[test]
fn renumbered_sources_and_destinations() {
    let place = Place::new(4);
    let (inbox, archive) = (place.fixture.inbox, place.archive);
    let (one, three) = (place.fixture.target(1), place.fixture.target(3));
    let operation = place.record(Change::Move { to: archive }, vec![one]);
    place.record(Change::Delete, vec![three]);
    place.fixture.select(2, 4);
    place.check();
    place
        .fixture
        .insert_under(2, (1..=4).map(|old| moved(old, 5 - old)).collect());
    place.fixture.sync(2, 4);
    place.check();
    assert_eq!(place.list(archive), [(one.message, 0)]);
    // A deletion for good is never rebound by content: the message is back, the operation is before the user.
    assert_eq!(place.rows(inbox).len(), 3);
    let mut reader = place.fixture.reader();
    let open = reader.open_operations(place.fixture.account).unwrap();
    assert_eq!(open[0].targets[0].key.unwrap().uid.get(), 4);
    assert!(open[1].targets.is_empty() && open[1].parked[0].1.contains("only you can say"));
    // The destination gets other numbers; what comes to it comes under the new ones.
    let writer = place.fixture.writer();
    writer.selected(archive, selected(8, 0)).unwrap();
    place.check();
    assert_eq!(place.list(archive), [(one.message, 0)]);
    place.close(operation, one, Outcome::Done(Some(address(4))));
    assert_eq!(
        place.list(archive),
        [(one.message, 0)],
        "an address of before"
    );
}

#[test]
fn a_destination_that_goes_gives_its_messages_back() {
    let place = Place::new(2);
    let target = place.fixture.target(2);
    place.record(Change::Move { to: place.spare }, vec![target]);
    let names = ["INBOX", "Archive"].map(|name| listed(name, None));
    let writer = place.fixture.writer();
    writer
        .listing(place.fixture.account, names.to_vec())
        .unwrap();
    place.check();
    assert_eq!(place.rows(place.fixture.inbox).len(), 2);
    let mut reader = place.fixture.reader();
    let open = reader.open_operations(place.fixture.account).unwrap();
    assert!(open[0].parked[0].1.contains("not on the server any more"));
}

#[test]
fn keywords_are_merged_like_flags_and_stay_here_where_the_server_keeps_none() {
    let place = Place::new(2);
    let target = place.fixture.target(1);
    let word = |on| Change::Keyword {
        keyword: Keyword::parse("todo").unwrap(),
        on,
    };
    let shown = |place: &Place, mailbox| {
        let rows = place.rows(mailbox).into_iter();
        let mut rows = rows.filter(|row| row.key.message == target.message);
        rows.next().unwrap().flags.keywords().contains("todo")
    };
    let inbox = place.fixture.inbox;
    let operation = place.record(word(true), vec![target]);
    assert!(shown(&place, inbox));
    place.close(operation, target, Outcome::Local);
    assert!(shown(&place, inbox));
    assert_eq!(place.fixture.reader().n_pending(None).unwrap(), 0);
    // It goes along with the message, and outlives a restart.
    let moving = place.record(Change::Move { to: place.archive }, vec![target]);
    assert!(shown(&place, place.archive));
    place.close(moving, target, Outcome::Done(Some(address(3))));
    assert!(shown(&place, place.archive));
    let Place {
        fixture,
        archive,
        spare,
    } = place;
    let place = Place {
        fixture: fixture.crash_and_open(),
        archive,
        spare,
    };
    assert!(shown(&place, archive));
    // Until it is taken off, which nobody but this machine need know.
    let there = placed(archive, target.message);
    let off = place.record(word(false), vec![there]);
    assert!(!shown(&place, archive));
    place.close(off, there, Outcome::Done(None));
    assert!(!shown(&place, archive));
}

#[test]
fn one_action_of_several_changes_goes_in_their_order() {
    let place = Place::new(2);
    let targets = vec![place.fixture.target(1), place.fixture.target(2)];
    let junk = Change::Keyword {
        keyword: Keyword::junk(),
        on: true,
    };
    let changes = vec![junk, Change::Move { to: place.spare }];
    let recorded = place.action(changes, targets);
    assert_eq!((recorded.operations.len(), recorded.n_targets), (2, 2));
    let rows = place.rows(place.spare);
    assert_eq!(rows.len(), 2);
    assert!(
        rows.iter()
            .all(|row| row.flags.keywords().contains("$Junk"))
    );
}
