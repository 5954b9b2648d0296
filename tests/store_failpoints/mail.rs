//! The part of a session that writes and sends.

use sterna::channel::draft::{Base, Revision};
use sterna::channel::outbox::{OutboxId, OutboxState, Outgoing};
use sterna::mail::account::AccountId;
use sterna::mail::composition::Composition;
use sterna::mail::outgoing::Built;
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
    assert_eq!(reader.n_outbox(None).unwrap(), (0, 0));
    let drafts = reader.drafts().unwrap().into_iter().map(|row| row.id);
    assert_eq!(drafts.collect::<Vec<_>>(), [kept.draft]);
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
            is_8bit: false,
        },
        origin: None,
        base: Base::Draft(draft),
        composition: Some(Composition::default()),
        hold_seconds: 0,
        not_before: None,
    }
}
