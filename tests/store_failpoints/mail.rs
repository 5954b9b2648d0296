//! The part of a session that writes and sends.

use sterna::channel::draft::{Base, DraftId, Revision};
use sterna::channel::outbox::{OutboxId, OutboxState, Outgoing};
use sterna::mail::account::AccountId;
use sterna::mail::composition::Composition;
use sterna::mail::outgoing::Built;
use sterna::mail::safe_text::SafeText;
use sterna::store::Store;
use sterna::store::outgoing::draft_copies::{CopyNews, Imprint};
use sterna::store::outgoing::mail_requests::{Decision, Fate};
use sterna::store::outgoing::outbox_rows::Floors;
use sterna::store::reader::Reader;

/// Numbers are given out once, and none by what was rolled back.
const FIRST: OutboxId = OutboxId(1);

/// A mail is written, sent and filed, once in the life of the store; a draft stays, and a copy of it leaves.
pub fn write_and_send(store: &Store, reader: &mut Reader, account: AccountId) {
    let writer = store.writer();
    let kept = draft(store, reader, account, "kept");
    writer
        .note_copy(
            account,
            kept.draft,
            CopyNews::Leaving(Imprint::of("copy@x", b"copy")),
        )
        .unwrap();
    // Whoever was sending is gone.
    writer.abandon_mail(account).unwrap();
    if state(reader).is_none() {
        let draft = draft(store, reader, account, "sent");
        let (id, _) = writer.queue_now(outgoing(account, draft)).unwrap();
        assert_eq!(id, FIRST);
    }
    if state(reader) == Some(OutboxState::Uncertain) {
        // It may have left: the user knows that it arrived.
        assert!(writer.decide_now(FIRST, Decision::Settle).unwrap());
    }
    if state(reader) == Some(OutboxState::Queued) {
        let claimed = writer.claim_mail(account, Floors::default()).unwrap();
        assert_eq!(claimed, Some(FIRST));
        let attempt = reader.outgoing(FIRST).unwrap().unwrap().attempt;
        for fate in [Fate::Committing, Fate::Accepted] {
            assert!(writer.report_mail(FIRST, attempt, fate).unwrap());
        }
    }
    if state(reader) == Some(OutboxState::Accepted) {
        assert!(writer.mail_filed(FIRST).unwrap());
    }
    assert_eq!(state(reader), Some(OutboxState::Sent));
    let given = refuse(store, reader, account);
    assert_eq!(reader.n_outbox(None).unwrap(), (0, 0));
    let mut drafts: Vec<DraftId> = reader.drafts().unwrap().iter().map(|row| row.id).collect();
    drafts.sort_unstable();
    let mut expected = [kept.draft, given];
    expected.sort_unstable();
    assert_eq!(drafts, expected);
}

/// A mail that was given whole is put off, lost and refused, and taken back: it is one draft, with its bytes.
fn refuse(store: &Store, reader: &mut Reader, account: AccountId) -> DraftId {
    let writer = store.writer();
    let words = || SafeText::own("no");
    loop {
        let rows = reader.outbox().unwrap();
        let row = rows.iter().find(|row| row.subject.as_str() == "given");
        let drafts = reader.drafts().unwrap();
        let draft = drafts
            .iter()
            .find(|draft| draft.subject.as_str() == "given");
        match (row, draft) {
            (None, Some(draft)) => {
                let bytes = reader.given(draft.id).unwrap().unwrap();
                assert_eq!(bytes, GIVEN);
                return draft.id;
            }
            (None, None) => drop(writer.queue_now(given(account)).unwrap()),
            (Some(row), draft) => {
                let is_failed = row.state == OutboxState::Failed;
                assert_eq!(draft.is_some(), is_failed, "{row:?}");
                match (row.state, row.attempts) {
                    (OutboxState::Queued, n) => {
                        let claimed = writer.claim_mail(account, Floors::default()).unwrap();
                        assert_eq!(claimed, Some(row.id));
                        let deferred = Fate::Deferred {
                            words: words(),
                            not_before: 0,
                        };
                        let lost = Fate::Lost { words: words() };
                        let fates = match n {
                            0 => vec![deferred],
                            1 => vec![Fate::Committing, lost],
                            _ => vec![Fate::Refused { words: words() }],
                        };
                        for fate in fates {
                            assert!(writer.report_mail(row.id, n + 1, fate).unwrap());
                        }
                    }
                    (OutboxState::Uncertain, _) => {
                        assert!(writer.decide_now(row.id, Decision::Retry).unwrap());
                    }
                    _ => assert!(writer.decide_now(row.id, Decision::TakeBack).unwrap()),
                }
            }
        }
    }
}

const GIVEN: &[u8] = b"To: you@example.org\r\nSubject: given\r\n\r\nx\r\n";

fn given(account: AccountId) -> Outgoing {
    let built = Built {
        message_id: "given@x".to_owned(),
        sender: "me@example.org".to_owned(),
        recipients: vec!["you@example.org".to_owned()],
        subject: "given".to_owned(),
        wire: GIVEN.to_vec(),
        copy: Vec::new(),
        needs_smtputf8: false,
        is_given: true,
    };
    Outgoing {
        account,
        composition: Some(Composition {
            subject: "given".to_owned(),
            ..Composition::default()
        }),
        built,
        origin: None,
        base: Base::New,
        hold_seconds: 0,
        not_before: None,
    }
}

fn state(reader: &mut Reader) -> Option<OutboxState> {
    let row = reader.outbox_row(FIRST).unwrap();
    row.map(|row| row.state)
}

/// The draft of that subject, written where it is not there.
fn draft(store: &Store, reader: &mut Reader, account: AccountId, subject: &str) -> Revision {
    let rows = reader.drafts().unwrap();
    if let Some(row) = rows.iter().find(|row| row.subject.as_str() == subject) {
        return reader.draft(row.id).unwrap().unwrap().revision;
    }
    let composition = Composition {
        subject: subject.to_owned(),
        ..Composition::default()
    };
    let saved = store
        .writer()
        .save_draft_now(account, Base::New, composition);
    saved.unwrap()
}

fn outgoing(account: AccountId, draft: Revision) -> Outgoing {
    Outgoing {
        account,
        built: Built {
            message_id: "sent@x".to_owned(),
            sender: "me@example.org".to_owned(),
            recipients: vec!["you@example.org".to_owned()],
            subject: "sent".to_owned(),
            wire: b"Subject: sent\r\n\r\nx\r\n".to_vec(),
            copy: Vec::new(),
            needs_smtputf8: false,
            is_given: false,
        },
        origin: None,
        base: Base::Draft(draft),
        composition: Some(Composition::default()),
        hold_seconds: 0,
        not_before: None,
    }
}
