//! What is read again of the journal, and when.

use super::*;
use crate::store::disk::schema::STATE;
use crate::store::disk::sql::run;

fn message(n: u64) -> MessageId {
    MessageId::new(n).unwrap()
}

/// Three messages that go from mailbox 1 to 2, under their own UIDs.
fn journal() -> Connection {
    let state = Connection::open_in_memory().unwrap();
    STATE.migrate(&state).unwrap();
    for sql in [
        "INSERT INTO account (id, name) VALUES (1, 'home')",
        "INSERT INTO operation (id, account, kind, mailbox, n_open) VALUES (1, 1, 'move', 2, 3)",
        "INSERT INTO operation_target (operation, mailbox, message, uid_validity, uid) VALUES
         (1, 1, 11, 9, 1), (1, 1, 12, 9, 2), (1, 1, 13, 9, 3)",
    ] {
        run(&state, sql, "fill the journal").unwrap();
    }
    state
}

fn claim(state: &Connection, message: u64) {
    let sql = format!(
        "UPDATE operation_target SET state = 4, to_validity = 7, to_uid_next = 100 WHERE message = {message}"
    );
    run(state, &sql, "claim").unwrap();
}

fn arriving(pending: &Pending) -> Vec<u64> {
    let arriving = pending.arriving(MailboxId::new(2), 7);
    arriving.map(|(message, _)| message.get()).collect()
}

#[test]
fn what_changed_about_a_message_is_read_without_the_others() {
    let state = journal();
    let mut pending = Pending::default();
    pending.refresh(&state).unwrap();
    claim(&state, 12);
    claim(&state, 13);
    pending.forget_about([message(12)]);
    pending.refresh(&state).unwrap();
    assert_eq!(arriving(&pending), [12], "nobody said that 13 changed");
    pending.forget();
    pending.refresh(&state).unwrap();
    assert_eq!(arriving(&pending), [12, 13]);
}

#[test]
fn what_is_read_in_pieces_is_as_what_is_read_at_once() {
    let state = journal();
    let mut pending = Pending::default();
    pending.refresh(&state).unwrap();
    for sql in [
        "UPDATE operation_target SET state = 1 WHERE message = 11",
        "UPDATE operation_target SET message = 21 WHERE message = 13",
        "INSERT INTO operation (id, account, kind, flag, is_on, n_open) VALUES (2, 1, 'flag', 1, 1, 1)",
        "INSERT INTO operation_target (operation, mailbox, message, uid_validity, uid) VALUES (2, 1, 12, 9, 5)",
    ] {
        run(&state, sql, "change the journal").unwrap();
    }
    claim(&state, 12);
    pending.forget_about([11, 12, 13, 21].map(message));
    pending.refresh(&state).unwrap();
    let mut whole = Pending::default();
    whole.refresh(&state).unwrap();
    assert_eq!(format!("{pending:?}"), format!("{whole:?}"));
    let at = |uid| pending.at(MailboxId::new(1), 9, uid).map(MessageId::get);
    assert_eq!([1, 2, 3, 5].map(at), [None, Some(12), Some(21), Some(12)]);
}
