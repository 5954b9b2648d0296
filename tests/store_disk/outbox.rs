//! Drafts and the outbox on the disk: nothing that was written is lost between the two, and what may have left is known.

use sterna::channel::draft::{Base, DraftId};
use sterna::channel::error::StoreError;
use sterna::channel::event::Event;
use sterna::channel::operation::Change;
use sterna::channel::outbox::{OutboxId, OutboxState, Outgoing, TakenBack};
use sterna::mail::composition::{Composition, Origin, OriginKind};
use sterna::mail::flag::{Keyword, SystemFlag};
use sterna::mail::outgoing::Built;
use sterna::mail::safe_text::SafeText;
use sterna::store::outgoing::mail_requests::{Decision, Fate};
use sterna::store::outgoing::outbox_rows::Floors;

use crate::support::Fixture;

pub fn composition(subject: &str) -> Composition {
    Composition {
        to: "ben@example.org".to_owned(),
        subject: subject.to_owned(),
        body: "Hello\n".to_owned(),
        ..Composition::default()
    }
}

pub fn outgoing(fixture: &Fixture, base: Base, subject: &str) -> Outgoing {
    Outgoing {
        account: fixture.account,
        built: Built {
            message_id: format!("{subject}@example.org"),
            sender: "me@example.org".to_owned(),
            recipients: vec!["ben@example.org".to_owned(), "eve@example.org".to_owned()],
            subject: subject.to_owned(),
            wire: b"Subject: x\r\n\r\nHello\r\n".to_vec(),
            copy: b"Bcc: eve@example.org\r\nSubject: x\r\n\r\nHello\r\n".to_vec(),
            needs_smtputf8: false,
            is_given: false,
        },
        origin: None,
        base,
        composition: Some(composition(subject)),
        hold_seconds: 0,
        not_before: None,
    }
}

/// Saves a draft and queues it.
pub fn queued(fixture: &Fixture, subject: &str) -> (DraftId, OutboxId) {
    let writer = fixture.writer();
    let saved = writer.save_draft_now(fixture.account, Base::New, composition(subject));
    let saved = saved.unwrap();
    let (id, _) = writer
        .queue_now(outgoing(fixture, Base::Draft(saved), subject))
        .unwrap();
    (saved.draft, id)
}

fn state(fixture: &Fixture, id: OutboxId) -> Option<OutboxState> {
    let row = fixture.reader().outbox_row(id).unwrap();
    row.map(|row| row.state)
}

pub fn words(text: &'static str) -> SafeText {
    SafeText::own(text)
}

pub fn claim(fixture: &Fixture) -> Option<OutboxId> {
    fixture
        .writer()
        .claim_mail(fixture.account, Floors::default())
        .unwrap()
}

pub fn report(fixture: &Fixture, id: OutboxId, attempt: u32, fate: Fate) -> bool {
    fixture.writer().report_mail(id, attempt, fate).unwrap()
}

/// Goes on with a draft as it is, and saves it.
fn saved_again(fixture: &Fixture, draft: DraftId, subject: &str) -> Base {
    let seen = fixture.reader().draft(draft).unwrap().unwrap().revision;
    let writer = fixture.writer();
    let saved = writer.save_draft_now(fixture.account, Base::Draft(seen), composition(subject));
    let saved = saved.unwrap();
    assert_eq!(saved.draft, draft);
    Base::Draft(saved)
}

pub fn subjects(fixture: &Fixture) -> Vec<String> {
    let drafts = fixture.reader().drafts().unwrap();
    drafts.iter().map(|row| row.subject.to_string()).collect()
}

#[test]
fn a_mail_goes_its_way_and_its_draft_with_it() {
    let fixture = Fixture::with_headers(1);
    let (draft, id) = queued(&fixture, "a");
    assert!(subjects(&fixture).is_empty());
    assert_eq!(fixture.reader().n_outbox(None).unwrap(), (1, 0));
    assert_eq!(claim(&fixture), Some(id));
    assert_eq!(claim(&fixture), None);
    let mail = fixture.reader().outgoing(id).unwrap().unwrap();
    assert_eq!((mail.attempt, mail.recipients.len()), (1, 2));
    assert!(report(&fixture, id, 1, Fate::Committing));
    assert!(report(&fixture, id, 1, Fate::Accepted));
    assert_eq!(state(&fixture, id), Some(OutboxState::Accepted));
    let copy = fixture.reader().unfiled(fixture.account).unwrap().unwrap();
    assert!(copy.copy.starts_with(b"Bcc: "));
    assert!(fixture.writer().mail_filed(id).unwrap());
    assert_eq!(state(&fixture, id), Some(OutboxState::Sent));
    assert_eq!(fixture.reader().n_outbox(None).unwrap(), (0, 0));
    assert_eq!(fixture.reader().draft(draft).unwrap(), None);
    assert_eq!(due(&fixture), (None, None));
}

#[test]
fn a_held_mail_is_taken_back_and_one_that_is_leaving_is_not() {
    let fixture = Fixture::with_headers(1);
    let mut mail = outgoing(&fixture, Base::New, "held");
    mail.hold_seconds = 600;
    let (id, not_before) = fixture.writer().queue_now(mail).unwrap();
    assert!(not_before > 0);
    assert_eq!(claim(&fixture), None);
    assert!(fixture.writer().decide_now(id, Decision::TakeBack).unwrap());
    assert_eq!(
        (state(&fixture, id), subjects(&fixture)),
        (None, vec!["held".to_owned()])
    );
    let (_, id) = queued(&fixture, "leaving");
    claim(&fixture);
    assert!(!fixture.writer().decide_now(id, Decision::TakeBack).unwrap());
    assert_eq!(state(&fixture, id), Some(OutboxState::Sending));
    let taken = taken_back(&fixture);
    assert!(
        matches!(taken[..], [TakenBack::Draft(_), TakenBack::TooLate]),
        "{taken:?}"
    );
}

/// When mail is to be sent, and when a copy to be filed.
fn due(fixture: &Fixture) -> (Option<i64>, Option<i64>) {
    let (mut reader, account) = (fixture.reader(), fixture.account);
    (
        reader.mail_due(account).unwrap(),
        reader.copies_due(account).unwrap(),
    )
}

fn taken_back(fixture: &Fixture) -> Vec<TakenBack> {
    let events = fixture.events.try_iter();
    let outcomes = events.filter_map(|event| match event {
        Event::TakenBack { outcome, .. } => Some(outcome),
        _ => None,
    });
    outcomes.collect()
}

#[test]
fn a_held_bounce_that_is_taken_back_is_gone_and_whole_mail_that_waits_is_not_lost() {
    let fixture = Fixture::with_headers(1);
    let whole = |hold_seconds| Outgoing {
        composition: None,
        hold_seconds,
        ..outgoing(&fixture, Base::New, "bounced")
    };
    let (held, _) = fixture.writer().queue_now(whole(600)).unwrap();
    assert!(
        fixture
            .writer()
            .decide_now(held, Decision::TakeBack)
            .unwrap()
    );
    assert_eq!(state(&fixture, held), None);
    assert_eq!(due(&fixture), (None, None));
    let (queued, _) = fixture.writer().queue_now(whole(0)).unwrap();
    assert!(
        !fixture
            .writer()
            .decide_now(queued, Decision::TakeBack)
            .unwrap()
    );
    assert_eq!(state(&fixture, queued), Some(OutboxState::Queued));
    assert_eq!(taken_back(&fixture), [TakenBack::Gone, TakenBack::Whole]);
    assert!(subjects(&fixture).is_empty());
}

#[test]
fn a_refused_mail_is_a_draft_again_with_the_words_and_goes_once_more_as_it_was_or_mended() {
    let fixture = Fixture::with_headers(1);
    let (draft, id) = queued(&fixture, "refused");
    claim(&fixture);
    let refused = Fate::Refused {
        words: words("550 no such user"),
    };
    assert!(report(&fixture, id, 1, refused.clone()));
    let row = fixture.reader().drafts().unwrap().remove(0);
    assert_eq!((row.id, row.reason.as_str()), (draft, "550 no such user"));
    // As it was: the draft goes with it again.
    assert!(fixture.writer().decide_now(id, Decision::Retry).unwrap());
    assert!(subjects(&fixture).is_empty());
    assert_eq!(claim(&fixture), Some(id));
    assert!(report(&fixture, id, 2, refused));
    // Mended: the refused one is gone when the new one is there.
    let mended = saved_again(&fixture, draft, "mended");
    let (new, _) = fixture
        .writer()
        .queue_now(outgoing(&fixture, mended, "mended"))
        .unwrap();
    let rows = fixture.reader().outbox().unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [new]);
}

#[test]
fn a_draft_that_was_worked_on_after_the_refusal_stays_one_when_the_old_mail_goes_again() {
    let fixture = Fixture::with_headers(1);
    let (draft, id) = queued(&fixture, "refused");
    claim(&fixture);
    report(
        &fixture,
        id,
        1,
        Fate::Refused {
            words: words("550 no"),
        },
    );
    saved_again(&fixture, draft, "better");
    assert!(fixture.writer().decide_now(id, Decision::Retry).unwrap());
    claim(&fixture);
    report(&fixture, id, 2, Fate::Committing);
    report(&fixture, id, 2, Fate::Accepted);
    assert_eq!(subjects(&fixture), ["better"]);
}

#[test]
fn after_a_crash_what_cannot_have_left_goes_again_and_what_may_have_is_asked_about() {
    let fixture = Fixture::with_headers(1);
    let (_, first) = queued(&fixture, "first");
    let (_, second) = queued(&fixture, "second");
    assert_eq!(
        (claim(&fixture), claim(&fixture)),
        (Some(first), Some(second))
    );
    report(&fixture, second, 1, Fate::Committing);
    fixture.writer().abandon_mail(fixture.account).unwrap();
    assert_eq!(state(&fixture, first), Some(OutboxState::Queued));
    assert_eq!(state(&fixture, second), Some(OutboxState::Uncertain));
    assert_eq!(claim(&fixture), Some(first));
    assert_eq!(
        claim(&fixture),
        None,
        "an uncertain mail is never sent by itself"
    );
    assert_eq!(fixture.reader().n_outbox(None).unwrap(), (1, 1));
    // The engine that was taken for dead goes on: its attempt at the first mail counts no more.
    assert!(!report(&fixture, first, 1, Fate::Committing));
    // The answer to the second came after all.
    assert!(report(&fixture, second, 1, Fate::Accepted));
    assert_eq!(state(&fixture, second), Some(OutboxState::Accepted));
}

#[test]
fn an_uncertain_mail_is_the_users_to_decide() {
    let fixture = Fixture::with_headers(1);
    for (decision, expected) in [
        (Decision::Settle, Some(OutboxState::Accepted)),
        (Decision::Retry, Some(OutboxState::Queued)),
        (Decision::Drop, None),
    ] {
        let (_, id) = queued(&fixture, "doubt");
        while claim(&fixture).is_some_and(|claimed| claimed != id) {}
        let attempt = 1;
        report(&fixture, id, attempt, Fate::Committing);
        report(
            &fixture,
            id,
            attempt,
            Fate::Lost {
                words: words("cut"),
            },
        );
        let found = fixture.reader().to_be_found(fixture.account).unwrap();
        assert!(found.iter().any(|mail| mail.id == id));
        assert!(!fixture.writer().decide_now(id, Decision::TakeBack).unwrap());
        assert!(fixture.writer().decide_now(id, decision).unwrap());
        assert_eq!(state(&fixture, id), expected);
        fixture.writer().decide_now(id, Decision::Drop).unwrap();
    }
}

#[test]
fn a_mail_whose_bytes_changed_on_the_disk_is_not_sent() {
    let fixture = Fixture::with_headers(1);
    let (_, id) = queued(&fixture, "flipped");
    let db = rusqlite::Connection::open(fixture.paths.data.join("state.db")).unwrap();
    db.execute("UPDATE outbox SET raw = x'41' WHERE id = ?1", [id.0])
        .unwrap();
    assert_eq!(claim(&fixture), None);
    assert_eq!(state(&fixture, id), Some(OutboxState::Failed));
    assert_eq!(subjects(&fixture), ["flipped"]);
}

#[test]
fn what_an_accepted_mail_answers_or_forwards_is_marked_so_and_not_before() {
    let answered = Change::Flag {
        flag: SystemFlag::Answered,
        on: true,
    };
    let forwarded = Change::Keyword {
        keyword: Keyword::parse("$Forwarded").unwrap(),
        on: true,
    };
    for (kind, change) in [
        (OriginKind::Reply, answered),
        (OriginKind::Forward, forwarded),
    ] {
        let fixture = Fixture::with_headers(2);
        let target = fixture.target(1);
        let mut mail = outgoing(&fixture, Base::New, "reply");
        mail.origin = Some(Origin {
            message: target.message,
            kind,
            addressed: Vec::new(),
        });
        let (id, _) = fixture.writer().queue_now(mail).unwrap();
        let open = || {
            let operations = fixture.reader().open_operations(fixture.account).unwrap();
            operations.into_iter().map(|operation| operation.change)
        };
        claim(&fixture);
        report(&fixture, id, 1, Fate::Committing);
        assert_eq!(open().next(), None);
        report(&fixture, id, 1, Fate::Accepted);
        assert_eq!(open().collect::<Vec<_>>(), [change]);
    }
}

/// The server's word is noted whatever the cache is like, from which alone it is known where the original lies.
#[test]
fn a_mail_is_accepted_although_what_it_answers_cannot_be_marked() {
    let fixture = Fixture::with_headers(2);
    let mut mail = outgoing(&fixture, Base::New, "reply");
    mail.origin = Some(Origin {
        message: fixture.target(1).message,
        kind: OriginKind::Reply,
        addressed: Vec::new(),
    });
    let (id, _) = fixture.writer().queue_now(mail).unwrap();
    claim(&fixture);
    report(&fixture, id, 1, Fate::Committing);
    let db = rusqlite::Connection::open(fixture.paths.cache.join("cache.db")).unwrap();
    db.execute_batch("ALTER TABLE placement RENAME TO gone")
        .unwrap();
    assert!(report(&fixture, id, 1, Fate::Accepted));
    assert_eq!(state(&fixture, id), Some(OutboxState::Accepted));
}

#[test]
fn what_cannot_be_stored_leaves_the_draft() {
    let fixture = Fixture::with_headers(1);
    let writer = fixture.writer();
    let draft = writer.save_draft_now(fixture.account, Base::New, composition("kept"));
    let mut mail = outgoing(&fixture, Base::Draft(draft.unwrap()), "kept");
    mail.account = sterna::mail::account::AccountId::new(77); // There is no such account.
    let refused = writer.queue_now(mail);
    assert!(matches!(refused, Err(StoreError::Io { .. })), "{refused:?}");
    assert_eq!(subjects(&fixture), ["kept"]);
}
