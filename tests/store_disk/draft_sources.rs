//! What a draft is made of, answers or forwards is the same message when the cache was lost and has come again.

use sterna::channel::draft::{Base, Revision};
use sterna::channel::operation::Change;
use sterna::channel::outbox::Outgoing;
use sterna::mail::composition::{Attachment, Composition, Origin, OriginKind, Source};
use sterna::mail::flag::SystemFlag;
use sterna::mail::message_id::MessageId;
use sterna::mail::uid::Uid;
use sterna::store::outgoing::mail_requests::Fate;

use crate::outbox::{claim, outgoing, report};
use crate::support::{Fixture, header, listed, open, selected, settings, validity};

/// A draft that forwards two messages, the second one as a part of it, and answers a third.
fn forwarding(messages: &[MessageId; 3]) -> Composition {
    let attached = |source| Attachment {
        name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size_bytes: 3,
        source,
    };
    Composition {
        to: "ben@example.org".to_owned(),
        subject: "Fwd: both".to_owned(),
        attachments: vec![
            attached(Source::Message(messages[0])),
            attached(Source::Part {
                message: messages[1],
                part: "2".to_owned(),
            }),
            attached(Source::File("/tmp/x".into())),
        ],
        origin: Some(Origin {
            message: messages[2],
            kind: OriginKind::Reply,
            addressed: Vec::new(),
        }),
        ..Composition::default()
    }
}

fn save(fixture: &Fixture, base: Base, composition: &Composition) -> Revision {
    let writer = fixture.writer();
    let saved = writer.save_draft_now(fixture.account, base, composition.clone());
    saved.unwrap()
}

/// The cache is gone, and the list of folders has come again.
fn lost(fixture: Fixture) -> Fixture {
    let fixture = fixture.reopen(|paths| std::fs::remove_dir_all(&paths.cache).unwrap());
    let writer = fixture.writer();
    writer
        .listing(fixture.account, vec![listed("INBOX", None)])
        .unwrap();
    fixture
}

fn n_noted(fixture: &Fixture) -> i64 {
    let db = rusqlite::Connection::open(fixture.paths.data.join("state.db")).unwrap();
    db.query_row("SELECT count(*) FROM source", [], |row| row.get(0))
        .unwrap()
}

/// The folder in which a message is still to be found, by its name.
fn awaited(fixture: &Fixture, message: MessageId) -> Option<String> {
    let found = fixture.reader().awaited_in(message).unwrap();
    found.map(|name| name.display())
}

#[test]
fn a_message_has_its_number_again_at_its_old_address_or_by_what_it_is() {
    let fixture = Fixture::with_headers(6);
    let messages = [1, 2, 3].map(|uid| fixture.message(uid));
    let other = fixture.message(4);
    save(&fixture, Base::New, &forwarding(&messages));
    assert!(
        messages.iter().all(|id| awaited(&fixture, *id).is_none()),
        "they are here"
    );
    let fixture = lost(fixture);
    for message in messages {
        assert_eq!(awaited(&fixture, message).as_deref(), Some("INBOX"));
    }
    assert_eq!(awaited(&fixture, other), None, "no draft needs it");
    fixture.select(1, 6);
    assert_eq!(awaited(&fixture, messages[0]).as_deref(), Some("INBOX"));
    // Meanwhile another client has moved the second one away and back: it has another UID.
    let mut moved = header(9);
    let second = header(2);
    (moved.envelope, moved.size_bytes) = (second.envelope, second.size_bytes);
    moved.internal_date = second.internal_date;
    fixture.insert(vec![header(1), header(3), header(4), moved]);
    assert_eq!(fixture.message(1), messages[0]);
    assert_eq!(fixture.message(9), messages[1]);
    assert_eq!(fixture.message(3), messages[2]);
    assert_ne!(fixture.message(4), other);
    assert!(messages.iter().all(|id| awaited(&fixture, *id).is_none()));
}

#[test]
fn a_message_that_is_not_there_any_more_is_not_waited_for() {
    let fixture = Fixture::with_headers(3);
    let messages = [1, 2, 3].map(|uid| fixture.message(uid));
    save(&fixture, Base::New, &forwarding(&messages));
    let fixture = lost(fixture);
    fixture.select(1, 3);
    // One that only looks like it: another size.
    let mut like = header(7);
    like.envelope = header(2).envelope;
    fixture.insert(vec![header(1), header(3), like]);
    assert_eq!(awaited(&fixture, messages[1]).as_deref(), Some("INBOX"));
    // The server says that this was all: UID 2 was expunged.
    let all = (1..=7).filter_map(Uid::new).collect();
    fixture
        .writer()
        .headers(fixture.inbox, validity(1), Vec::new(), all);
    fixture.writer().flush().unwrap();
    assert_eq!(awaited(&fixture, messages[1]), None);
    assert_ne!(fixture.message(7), messages[1]);
    // Under another UIDVALIDITY the numbers mean nothing, what the messages are does.
    let fixture = lost(fixture);
    fixture.select(2, 3);
    assert_eq!(awaited(&fixture, messages[0]), None);
    let mut first = header(2);
    first.envelope = header(1).envelope;
    (first.size_bytes, first.internal_date) = (header(1).size_bytes, header(1).internal_date);
    fixture.insert_under(2, vec![first]);
    let found = fixture
        .reader()
        .message_at(fixture.inbox, validity(2), Uid::new(2).unwrap());
    assert_eq!(found.unwrap(), Some(messages[0]));
}

#[test]
fn the_same_mail_in_another_account_is_another_message() {
    let fixture = Fixture::with_headers(3);
    let messages = [1, 2, 3].map(|uid| fixture.message(uid));
    save(&fixture, Base::New, &forwarding(&messages));
    let (_directory, paths, mut accounts) = fixture.end();
    std::fs::remove_dir_all(&paths.cache).unwrap();
    accounts.push(settings("home"));
    let (store, _events) = open(&paths, &accounts).unwrap();
    let (writer, mut reader) = (store.writer(), store.reader().unwrap());
    for (name, is_it) in [("home", false), ("work", true)] {
        let account = store.account(name).unwrap();
        let inbox = writer
            .listing(account, vec![listed("INBOX", None)])
            .unwrap()[0]
            .1;
        writer.selected(inbox, selected(1, 3)).unwrap();
        let headers: Vec<_> = (1..=3).map(header).collect();
        let covered = headers.iter().map(|header| header.uid).collect();
        writer.headers(inbox, validity(1), headers, covered);
        writer.flush().unwrap();
        let found = reader.message_at(inbox, validity(1), Uid::new(1).unwrap());
        assert_eq!(found.unwrap() == Some(messages[0]), is_it, "{name}");
    }
}

#[test]
fn what_is_noted_goes_with_the_draft_and_stays_while_its_mail_may_come_back() {
    let fixture = Fixture::with_headers(3);
    let messages = [1, 2, 3].map(|uid| fixture.message(uid));
    let mail = forwarding(&messages);
    let saved = save(&fixture, Base::New, &mail);
    assert_eq!(n_noted(&fixture), 3);
    // While the cache is lost nothing is forgotten, also by a draft that goes on from this one.
    let fixture = lost(fixture);
    let again = save(&fixture, Base::Draft(saved), &mail);
    let late = Composition {
        subject: "late".to_owned(),
        ..mail.clone()
    };
    let saved_over = save(&fixture, Base::Draft(again), &late);
    let fork = save(&fixture, Base::Draft(again), &mail);
    assert_ne!(saved_over.draft, fork.draft);
    assert_eq!(n_noted(&fixture), 6);
    let without = Composition {
        attachments: Vec::new(),
        ..mail.clone()
    };
    let fork = save(&fixture, Base::Draft(fork), &without);
    assert_eq!(n_noted(&fixture), 4);
    assert!(fixture.writer().discard_draft_now(fork).unwrap());
    assert_eq!(n_noted(&fixture), 3);
    // In the outbox the answered message is still wanted: it gets its mark there.
    let outgoing = Outgoing {
        origin: late.origin.clone(),
        composition: Some(late),
        ..outgoing(&fixture, Base::Draft(saved_over), "late")
    };
    let (mail, _) = fixture.writer().queue_now(outgoing).unwrap();
    assert_eq!(n_noted(&fixture), 3);
    fixture.select(1, 3);
    fixture.insert((1..=3).map(header).collect());
    assert_eq!(claim(&fixture), Some(mail));
    assert!(report(&fixture, mail, 1, Fate::Committing));
    assert!(report(&fixture, mail, 1, Fate::Accepted));
    assert_eq!(n_noted(&fixture), 0);
    let open = fixture.reader().open_operations(fixture.account).unwrap();
    let answered = Change::Flag {
        flag: SystemFlag::Answered,
        on: true,
    };
    assert_eq!(open[0].change, answered);
    assert_eq!(open[0].targets[0].target.message, messages[2]);
}
