//! What a draft is made of stays on this machine while the draft needs it: also where the server has it no more, and where
//! there is little room.

use sterna::channel::draft::{Base, Revision};
use sterna::mail::composition::{Attachment, Composition, Origin, OriginKind, Source};
use sterna::mail::message_id::MessageId;
use sterna::mail::uid_set::UidSet;
use sterna::store::bodies::StoredBody;
use sterna::store::outgoing::mail_requests::Fate;

use crate::outbox::{claim, outgoing, report};
use crate::room::{here, keep, noise, wait_until, with_limit};
use crate::support::{Fixture, check_cache, header, validity};

/// A draft that a message is attached to, whole, and a second one in part; it answers a third.
fn made_of(messages: [MessageId; 3]) -> Composition {
    let attached = |source| Attachment {
        name: "a.txt".to_owned(),
        media_type: "text/plain".to_owned(),
        size_bytes: 3,
        source,
    };
    let [whole, message, origin] = messages;
    Composition {
        attachments: vec![
            attached(Source::Message(whole)),
            attached(Source::Part {
                message,
                part: "2".to_owned(),
            }),
        ],
        origin: Some(Origin {
            message: origin,
            kind: OriginKind::Reply,
            addressed: Vec::new(),
        }),
        ..Composition::default()
    }
}

fn save(fixture: &Fixture, base: Base, composition: Composition) -> Revision {
    let writer = fixture.writer();
    writer
        .save_draft_now(fixture.account, base, composition)
        .unwrap()
}

/// The server has none of the first four any more.
fn expunged(fixture: &Fixture) {
    let uids = UidSet::from_range(1, 4);
    fixture.writer().vanished(fixture.inbox, validity(1), uids);
    fixture.writer().flush().unwrap();
}

fn has_body(fixture: &Fixture, message: MessageId) -> bool {
    fixture.reader().body(message).unwrap() == Some(StoredBody::Whole(noise(10_000)))
}

fn n_rows(fixture: &Fixture, table: &str) -> i64 {
    let db = rusqlite::Connection::open(fixture.paths.cache.join("cache.db")).unwrap();
    db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| {
        row.get(0)
    })
    .unwrap()
}

/// Four messages with their texts; of the first two a draft is made, and it answers the third.
fn world() -> (Fixture, [MessageId; 4], Revision) {
    let fixture = Fixture::with_headers(8);
    let messages = [1, 2, 3, 4].map(|uid| fixture.message(uid));
    keep(&fixture, 1..=4);
    let [whole, part, origin, _] = messages;
    let saved = save(&fixture, Base::New, made_of([whole, part, origin]));
    (fixture, messages, saved)
}

#[test]
fn an_expunge_takes_nothing_that_a_draft_is_made_of() {
    let (fixture, messages, saved) = world();
    expunged(&fixture);
    let kept = |fixture: &Fixture| messages.map(|message| has_body(fixture, message));
    assert_eq!(kept(&fixture), [true, true, false, false]);
    // In no list, and not after another start either.
    assert_eq!(n_rows(&fixture, "placement"), 4);
    check_cache(&fixture.paths);
    let fixture = fixture.crash_and_open();
    fixture.writer().flush().unwrap();
    assert_eq!(kept(&fixture), [true, true, false, false]);
    // What is not attached any more goes, and the rest with the draft.
    let mut fewer = made_of([messages[0], messages[1], messages[2]]);
    fewer.attachments.pop();
    let saved = save(&fixture, Base::Draft(saved), fewer);
    wait_until("the part goes", || !has_body(&fixture, messages[1]));
    assert!(has_body(&fixture, messages[0]));
    assert!(fixture.writer().discard_draft_now(saved).unwrap());
    wait_until("the message goes", || !has_body(&fixture, messages[0]));
    assert_eq!(n_rows(&fixture, "message"), 4);
    check_cache(&fixture.paths);
}

/// A refused mail is a draft again, and is built anew from what it was made of.
#[test]
fn what_a_mail_of_the_outbox_was_made_of_stays_until_it_is_accepted() {
    let (fixture, messages, saved) = world();
    let mut mail = outgoing(&fixture, Base::Draft(saved), "made");
    mail.composition = Some(made_of([messages[0], messages[1], messages[2]]));
    let (id, _) = fixture.writer().queue_now(mail).unwrap();
    expunged(&fixture);
    let fixture = fixture.crash_and_open();
    fixture.writer().flush().unwrap();
    assert!(has_body(&fixture, messages[0]) && has_body(&fixture, messages[1]));
    assert_eq!(claim(&fixture), Some(id));
    assert!(report(&fixture, id, 1, Fate::Committing));
    assert!(report(&fixture, id, 1, Fate::Accepted));
    wait_until("they go", || {
        !has_body(&fixture, messages[0]) && !has_body(&fixture, messages[1])
    });
}

#[test]
fn a_message_that_is_somewhere_again_is_held_no_longer() {
    let (fixture, messages, saved) = world();
    expunged(&fixture);
    // Another client has moved it away and back.
    let mut again = header(9);
    again.envelope = header(1).envelope;
    (again.size_bytes, again.internal_date) = (header(1).size_bytes, header(1).internal_date);
    fixture.insert(vec![again]);
    assert_eq!(fixture.message(9), messages[0]);
    assert!(fixture.writer().discard_draft_now(saved).unwrap());
    wait_until("the other goes", || !has_body(&fixture, messages[1]));
    assert!(has_body(&fixture, messages[0]), "the server has it");
}

#[test]
fn little_room_takes_nothing_that_a_draft_is_made_of() {
    let (fixture, _, _) = world();
    keep(&fixture, 5..=8);
    let fixture = with_limit(fixture, 45_000);
    wait_until("there is room", || here(&fixture).len() <= 4);
    let left = here(&fixture);
    assert!(left.contains(&1) && left.contains(&2), "{left:?}");
}
