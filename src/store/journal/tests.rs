//! What of the journal is read for one mailbox, and how much work that is.

use rusqlite::StatementStatus;

use super::*;
use crate::store::disk::schema::STATE;
use crate::store::disk::sql::run;

const ACCOUNT: AccountId = AccountId::new(1);
/// Messages in each mailbox.
const MESSAGES: u32 = 5;

/// A journal over so many mailboxes: all messages are marked read, the first of each goes to the next mailbox and is
/// flagged there, the second was refused; a folder is to be made and another was refused. A second account has the same
/// mailboxes marked.
fn journal(mailboxes: u32) -> Connection {
    let state = Connection::open_in_memory().unwrap();
    STATE.migrate(&state).unwrap();
    let put = |sql: &str| run(&state, sql, "fill the journal").unwrap();
    put("INSERT INTO account (id, name) VALUES (1, 'home'), (2, 'work')");
    put(
        "INSERT INTO operation (id, account, kind, flag, is_on, mailbox, n_open) VALUES
         (1, 1, 'flag', 1, 1, 0, 9), (2, 1, 'flag', 2, 1, 0, 9), (3, 1, 'create', 0, 0, 0, 1), (4, 1, 'remove', 0, 0, 7, 0),
         (5, 2, 'flag', 1, 1, 0, 9)",
    );
    put(
        "INSERT INTO operation_target (operation, mailbox, message, state) VALUES (3, 900, 0, 0), (4, 7, 0, 3)",
    );
    for mailbox in 1..=mailboxes {
        let next = mailbox % mailboxes + 1;
        let (first, away) = (mailbox * MESSAGES, 1_000 + mailbox);
        put(&format!(
            "INSERT INTO operation (id, account, kind, mailbox, n_open) VALUES ({away}, 1, 'move', {next}, 1)"
        ));
        for message in first..first + MESSAGES {
            let state = if message == first + 1 { 3 } else { 0 };
            put(&format!(
                "INSERT INTO operation_target (operation, mailbox, message, state) VALUES
                 (1, {mailbox}, {message}, {state}), (5, {mailbox}, {message}, 0)"
            ));
        }
        put(&format!(
            "INSERT INTO operation_target (operation, mailbox, message, state) VALUES
             ({away}, {mailbox}, {first}, 4), (2, {next}, {first}, 0)"
        ));
    }
    state
}

/// What bears on a mailbox, picked from everything.
fn picked(all: &[Unresolved], mailbox: MailboxId) -> Vec<Unresolved> {
    let targets = all.iter().flat_map(|(operation, _)| &operation.targets);
    let here = targets.filter(|open| open.target.mailbox == mailbox);
    let messages: Vec<MessageId> = here.map(|open| open.target.message).collect();
    let mut picked = all.to_vec();
    for (operation, addresses) in &mut picked {
        let is_concerned = |open: &OpenTarget| messages.contains(&open.target.message);
        operation.targets.retain(is_concerned);
        addresses.truncate(operation.targets.len());
        operation.parked.clear();
    }
    let is_open = |operation: &OpenOperation| {
        operation.folder == Some(FolderState::Open) || !operation.targets.is_empty()
    };
    picked.retain(|(operation, _)| is_open(operation));
    picked
}

#[test]
fn what_bears_on_a_mailbox_is_read_whole() {
    let state = journal(4);
    let all = unfinished(&state, ACCOUNT).unwrap();
    for mailbox in 1..=4 {
        let mailbox = MailboxId::new(mailbox);
        let read = bearing_on(&state, ACCOUNT, mailbox).unwrap();
        assert_eq!(read, picked(&all, mailbox));
        // The messages here (one of them was refused), the one that comes, where it comes from, and the folder.
        let n_targets: usize = read.iter().map(|(open, _)| open.targets.len()).sum();
        assert_eq!((n_targets, read.len()), (4 + 1 + 1 + 3, 5));
    }
}

/// The steps that `SQLite` takes for a statement: the same on every machine.
fn steps(state: &Connection, sql: &str, bound: impl Params) -> i32 {
    let mut statement = state.prepare(sql).unwrap();
    let mut rows = statement.query(bound).unwrap();
    while rows.next().unwrap().is_some() {}
    drop(rows);
    statement.get_status(StatementStatus::VmStep)
}

#[test]
fn what_is_read_for_a_mailbox_does_not_grow_with_the_others() {
    let work = |mailboxes| {
        let state = journal(mailboxes);
        let all = steps(&state, &unfinished_sql(), params![1]);
        (all, steps(&state, &bearing_on_sql(), params![1, 2]))
    };
    let ((all_of_few, few), (all_of_many, many)) = (work(10), work(400));
    assert!(all_of_many > 30 * all_of_few, "{all_of_few} {all_of_many}");
    // Of each operation it is looked whether it has anything here.
    assert!(many < few + 400 * 20, "{few} {many}");
    assert!(many * 10 < all_of_many, "{many} {all_of_many}");
}
