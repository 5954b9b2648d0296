//! Drafts on the disk: whoever saves one, in however many places at once, nothing that was written is lost; and when the
//! server gets its copy.

use sterna::channel::draft::{Base, Revision, ServerCopy};
use sterna::channel::operation::Ticket;
use sterna::mail::account::AccountId;
use sterna::mail::composition::{Attachment, Composition, Source};
use sterna::store::outgoing::draft_copies::{CopyNews, DraftWork, Holder};
use sterna::store::outgoing::mail_requests::{Decision, Fate};
use sterna::store::outgoing::outbox_waits::Waits;

use crate::outbox::{claim, composition, queued, report, subjects, words};
use crate::support::{Fixture, open};

pub fn save(fixture: &Fixture, base: Base, subject: &str) -> Revision {
    let writer = fixture.writer();
    let saved = writer.save_draft_now(fixture.account, base, composition(subject));
    saved.unwrap()
}

/// Saved by a composer that is left.
pub fn leave(fixture: &Fixture, base: Base, subject: &str) {
    let (account, text) = (fixture.account, Box::new(composition(subject)));
    fixture
        .writer()
        .save_draft(Ticket(1), account, base, text, true);
    // The store does one thing after the other.
    fixture.writer().drafts_tried(account, Vec::new()).unwrap();
}

fn sql(fixture: &Fixture, sql: &str) {
    let db = rusqlite::Connection::open(fixture.paths.data.join("state.db")).unwrap();
    db.execute_batch(sql).unwrap();
}

pub fn copy(fixture: &Fixture, uid: u32) -> ServerCopy {
    ServerCopy {
        mailbox: fixture.inbox,
        validity: 1,
        uid,
    }
}

pub fn work(fixture: &Fixture) -> Vec<DraftWork> {
    let work = fixture.reader().drafts_to_copy(fixture.account, true);
    work.unwrap()
}

pub fn due(fixture: &Fixture) -> Option<i64> {
    fixture.reader().drafts_due(fixture.account).unwrap()
}

#[test]
fn a_draft_is_saved_again_under_its_number_and_survives_the_process() {
    let fixture = Fixture::with_headers(1);
    let one = save(&fixture, Base::New, "one");
    let two = save(&fixture, Base::Draft(one), "two");
    assert_eq!((two.draft, two.number), (one.draft, 2));
    assert_eq!(
        save(&fixture, Base::Draft(two), "two"),
        two,
        "nothing new was typed"
    );
    assert_ne!(save(&fixture, Base::New, "other").draft, one.draft);
    let Fixture {
        paths,
        settings,
        store,
        directory: _kept,
        account,
        ..
    } = fixture;
    store.close();
    let (store, _) = open(&paths, &settings).unwrap();
    let found = store.reader().unwrap().draft(one.draft).unwrap().unwrap();
    assert_eq!((found.account, found.revision), (account, two));
    assert_eq!(found.composition, composition("two"));
}

#[test]
fn what_is_saved_over_a_draft_that_moved_on_is_a_new_draft_and_both_stay() {
    let fixture = Fixture::with_headers(1);
    let seen = save(&fixture, Base::New, "seen by both");
    let there = save(&fixture, Base::Draft(seen), "an hour elsewhere");
    let here = save(&fixture, Base::Draft(seen), "one key here");
    assert_ne!(here.draft, there.draft);
    assert_eq!(subjects(&fixture), ["one key here", "an hour elsewhere"]);
    // Each goes on by itself.
    save(&fixture, Base::Draft(here), "here");
    save(&fixture, Base::Draft(there), "there");
    let mut both = subjects(&fixture);
    both.sort_unstable();
    assert_eq!(both, ["here", "there"]);
}

#[test]
fn what_is_saved_under_a_number_that_is_no_draft_any_more_is_a_new_draft() {
    let fixture = Fixture::with_headers(1);
    let (draft, _) = queued(&fixture, "sent");
    let sealed = Revision { draft, number: 1 };
    let late = save(&fixture, Base::Draft(sealed), "late");
    assert_ne!(late.draft, draft);
    assert_eq!(subjects(&fixture), ["late"]);
    fixture.writer().discard_draft_now(late).unwrap();
    assert!(subjects(&fixture).is_empty());
    let again = save(&fixture, Base::Draft(late), "once more");
    assert_ne!(again.draft, late.draft);
    assert_eq!(subjects(&fixture), ["once more"]);
}

#[test]
fn the_text_of_an_uncertain_mail_that_is_given_up_stays_as_a_draft() {
    let fixture = Fixture::with_headers(1);
    let (draft, id) = queued(&fixture, "doubt");
    claim(&fixture);
    report(&fixture, id, 1, Fate::Committing);
    let lost = Fate::Lost {
        words: words("cut"),
    };
    report(&fixture, id, 1, lost);
    assert!(subjects(&fixture).is_empty());
    assert!(fixture.writer().decide_now(id, Decision::Drop).unwrap());
    let row = fixture.reader().drafts().unwrap().remove(0);
    assert_eq!((row.id, row.subject.as_str()), (draft, "doubt"));
    assert!(row.reason.as_str().contains("may have been sent"));
    assert!(fixture.reader().outbox().unwrap().is_empty());
}

#[test]
fn a_draft_that_cannot_be_read_hides_no_other_and_keeps_no_other_from_being_copied() {
    let fixture = Fixture::with_headers(1);
    let odd = save(&fixture, Base::New, "of a newer version");
    save(&fixture, Base::New, "plain");
    let newer = "{\"attachments\":[{\"name\":\"x\",\"source\":{\"Cloud\":1}}]}";
    sql(
        &fixture,
        &format!(
            "UPDATE draft SET composition = '{newer}' WHERE id = {}",
            odd.draft.0
        ),
    );
    let rows = fixture.reader().drafts().unwrap();
    let reasons: Vec<&str> = rows.iter().map(|row| row.reason.as_str()).collect();
    assert!(
        matches!(reasons[..], ["", reason] if reason.contains("cannot be read")),
        "{reasons:?}"
    );
    assert!(fixture.reader().draft(odd.draft).is_err());
    let wanted: Vec<bool> = work(&fixture)
        .into_iter()
        .map(|work| work.wanted.unwrap().composition.is_some())
        .collect();
    assert_eq!(wanted, [false, true]);
    let writer = fixture.writer();
    let stays = CopyNews::Stays(odd.number);
    writer.note_copy(fixture.account, odd.draft, stays).unwrap();
    assert_eq!(work(&fixture).len(), 1, "it is not tried again");
}

#[test]
fn a_draft_is_copied_when_it_rests_and_at_once_when_it_is_left() {
    let fixture = Fixture::with_headers(1);
    let draft = save(&fixture, Base::New, "typing");
    let changed = fixture.reader().drafts().unwrap()[0].changed;
    assert_eq!(due(&fixture), Some(changed + 60));
    leave(&fixture, Base::Draft(draft), "typing");
    assert_eq!(
        due(&fixture),
        Some(0),
        "the text is the same, the wait is over"
    );
    // Somebody types again.
    let seen = save(&fixture, Base::Draft(draft), "more");
    assert!(due(&fixture) > Some(0));
    leave(&fixture, Base::Draft(seen), "more and left");
    assert_eq!(due(&fixture), Some(0));
    assert_eq!(subjects(&fixture), ["more and left"]);
}

#[test]
fn what_cannot_be_copied_waits_longer_each_time_and_what_stays_here_is_not_tried_again() {
    let fixture = Fixture::with_headers(1);
    let draft = save(&fixture, Base::New, "refused");
    leave(&fixture, Base::Draft(draft), "refused");
    let writer = fixture.writer();
    let tried = || {
        sql(&fixture, "UPDATE draft SET tried_at = 0");
        let tried = writer.drafts_tried(fixture.account, vec![draft]);
        tried.unwrap();
        let db = rusqlite::Connection::open(fixture.paths.data.join("state.db")).unwrap();
        let at: i64 = db
            .query_row("SELECT tried_at FROM draft", [], |row| row.get(0))
            .unwrap();
        due(&fixture).unwrap() - at
    };
    let waits: Vec<i64> = (0..8).map(|_| tried()).collect();
    assert_eq!(waits, [60, 120, 240, 480, 960, 1920, 1920, 1920]);
    writer.hurry_mail(fixture.account, Waits::All).unwrap();
    assert_eq!(due(&fixture), Some(0), "the network is back");
    let stays = CopyNews::Stays(draft.number);
    writer
        .note_copy(fixture.account, draft.draft, stays)
        .unwrap();
    assert_eq!(due(&fixture), None);
    save(&fixture, Base::Draft(draft), "smaller");
    assert!(due(&fixture).is_some());
}

#[test]
fn a_draft_that_was_changed_since_it_was_seen_is_not_thrown_away() {
    let fixture = Fixture::with_headers(1);
    let writer = fixture.writer();
    let seen = save(&fixture, Base::New, "seen by both");
    let there = save(&fixture, Base::Draft(seen), "an hour elsewhere");
    assert!(!writer.discard_draft_now(seen).unwrap());
    assert_eq!(subjects(&fixture), ["an hour elsewhere"]);
    assert!(writer.discard_draft_now(there).unwrap());
    assert!(subjects(&fixture).is_empty());
    assert!(
        writer.discard_draft_now(there).unwrap(),
        "it is gone, as it was to be"
    );
    // Whoever still has it open keeps what was typed.
    save(&fixture, Base::Draft(there), "here");
    assert_eq!(subjects(&fixture), ["here"]);
}

#[test]
fn a_draft_of_the_server_is_tied_to_its_copy_which_goes_after_the_new_one_is_there() {
    let fixture = Fixture::with_headers(1);
    let theirs = copy(&fixture, 7);
    assert_eq!(fixture.reader().holder_of(theirs).unwrap(), None);
    let draft = save(&fixture, Base::Server(theirs), "gone on with");
    let holder = Some(Holder::Draft(draft.draft));
    assert_eq!(fixture.reader().holder_of(theirs).unwrap(), holder);
    let found = work(&fixture).remove(0);
    assert_eq!((found.copy, found.old), (Some(theirs), None));
    assert_eq!(found.wanted.unwrap().revision, 1);
    // Another composer that was opened on it before is another draft.
    let second = save(&fixture, Base::Server(theirs), "the other");
    assert_ne!(second.draft, draft.draft);
    fixture.writer().discard_draft_now(second).unwrap();
    // The new copy is there: the old one is to go.
    let news = CopyNews::There(copy(&fixture, 8), 1);
    fixture
        .writer()
        .note_copy(fixture.account, draft.draft, news)
        .unwrap();
    let found = work(&fixture).remove(0);
    assert_eq!(
        (found.copy, found.old, found.wanted),
        (Some(copy(&fixture, 8)), Some(theirs), None)
    );
    assert_eq!(fixture.reader().holder_of(theirs).unwrap(), holder);
}

#[test]
fn a_draft_of_the_server_that_is_sent_at_once_takes_its_copy_along() {
    let fixture = Fixture::with_headers(1);
    let theirs = copy(&fixture, 7);
    let saved = save(&fixture, Base::Server(theirs), "sent");
    let mail = crate::outbox::outgoing(&fixture, Base::Draft(saved), "sent");
    let (id, _) = fixture.writer().queue_now(mail).unwrap();
    let holder = |fixture: &Fixture| fixture.reader().holder_of(theirs).unwrap();
    assert_eq!(holder(&fixture), Some(Holder::Outbox));
    assert!(work(&fixture).is_empty(), "it may come back");
    claim(&fixture);
    report(&fixture, id, 1, Fate::Committing);
    report(&fixture, id, 1, Fate::Accepted);
    assert_eq!(holder(&fixture), Some(Holder::Over));
    let found = work(&fixture).remove(0);
    assert_eq!((found.is_over, found.copy), (true, Some(theirs)));
    assert_eq!(due(&fixture), Some(0));
    fixture
        .writer()
        .note_copy(fixture.account, found.seen.draft, CopyNews::Gone)
        .unwrap();
    assert_eq!(holder(&fixture), None);
}

/// Another account of the user's.
fn another(fixture: &Fixture) -> AccountId {
    sql(fixture, "INSERT INTO account (name) VALUES ('home')");
    AccountId::new(fixture.account.get() + 1)
}

fn save_as(fixture: &Fixture, account: AccountId, base: Base, text: Composition) -> Revision {
    let saved = fixture.writer().save_draft_now(account, base, text);
    saved.unwrap()
}

fn work_of(fixture: &Fixture, account: AccountId) -> Vec<DraftWork> {
    let work = fixture.reader().drafts_to_copy(account, true);
    work.unwrap()
}

#[test]
fn a_draft_that_becomes_another_accounts_leaves_no_copy_behind() {
    let fixture = Fixture::with_headers(1);
    let draft = save(&fixture, Base::New, "from work");
    let news = CopyNews::There(copy(&fixture, 8), 1);
    fixture
        .writer()
        .note_copy(fixture.account, draft.draft, news)
        .unwrap();
    let home = another(&fixture);
    let saved = save_as(&fixture, home, Base::Draft(draft), composition("from home"));
    assert_eq!(saved.draft, draft.draft);
    let left = work(&fixture);
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].is_over, left[0].copy),
        (true, Some(copy(&fixture, 8)))
    );
    let wanted = work_of(&fixture, home);
    assert_eq!((wanted.len(), wanted[0].copy), (1, None));
    assert!(wanted[0].wanted.is_some());
}

#[test]
fn a_servers_draft_that_another_account_is_to_send_goes_from_where_it_was() {
    let fixture = Fixture::with_headers(1);
    let home = another(&fixture);
    let theirs = Base::Server(copy(&fixture, 7));
    let saved = save_as(&fixture, home, theirs, composition("from home"));
    let left = work(&fixture);
    assert_eq!(left.len(), 1);
    assert_eq!(
        (left[0].is_over, left[0].copy),
        (true, Some(copy(&fixture, 7)))
    );
    let wanted = work_of(&fixture, home);
    assert_eq!((wanted.len(), wanted[0].seen.draft), (1, saved.draft));
    assert_eq!((wanted[0].copy, wanted[0].is_over), (None, false));
}

#[test]
fn what_is_attached_from_a_copy_keeps_it_where_it_is_when_another_account_sends() {
    let fixture = Fixture::with_headers(1);
    let of_it = |subject| Composition {
        attachments: vec![Attachment {
            name: "a.txt".to_owned(),
            media_type: "text/plain".to_owned(),
            size_bytes: 3,
            source: Source::Part {
                message: fixture.target(1).message,
                part: "2".to_owned(),
            },
        }],
        ..composition(subject)
    };
    let theirs = Base::Server(copy(&fixture, 7));
    let saved = save_as(&fixture, fixture.account, theirs, of_it("from work"));
    let home = another(&fixture);
    save_as(&fixture, home, Base::Draft(saved), of_it("from home"));
    let other = Base::Server(copy(&fixture, 8));
    save_as(&fixture, home, other, of_it("another"));
    assert!(work(&fixture).is_empty(), "nothing is removed there");
    let holder = fixture.reader().holder_of(copy(&fixture, 7));
    assert_eq!(holder.unwrap(), None);
    assert_eq!(work_of(&fixture, home).len(), 2);
}
