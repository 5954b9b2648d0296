//! What a user may not do: rights, quotas, keywords that are not kept; and what goes wrong on the way. RFC 4314, RFC 9208.

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::Server;

use crate::client::{Client, inbox, message};

/// INBOX with three letters, and `Archive`.
fn two_mailboxes() -> Server {
    let server = inbox(&["a", "b", "c"]);
    server.create("Archive", None);
    server
}

#[test]
fn rights_are_told_and_decide_what_may_be_done() {
    let server = two_mailboxes();
    server.set_rights("INBOX", "lrsi");
    server.set_rights("Archive", "lr");
    let mut client = Client::login(&server);
    assert_eq!(client.ok("MYRIGHTS INBOX"), ["* MYRIGHTS \"INBOX\" lrsi"]);
    assert!(client.answer("GETACL INBOX").starts_with("NO [NOPERM]"));
    let (lines, answer) = client.command("SELECT INBOX");
    assert!(
        lines.contains(&"* OK [PERMANENTFLAGS (\\Seen)] Ok".to_owned()),
        "{lines:?}"
    );
    assert!(answer.starts_with("OK [READ-WRITE]"));
    assert_eq!(
        client.ok("UID STORE 1 +FLAGS (\\Seen \\Flagged todo)"),
        ["* 1 FETCH (UID 1 FLAGS (\\Seen))"]
    );
    for refused in [
        "UID STORE 1 +FLAGS.SILENT (\\Deleted)",
        "UID EXPUNGE 1",
        "UID MOVE 1 Archive",
        "UID COPY 1 Archive",
        "APPEND Archive {1+}\r\nx",
        "CREATE Archive/2026",
        "DELETE Archive",
        "RENAME Archive Old",
    ] {
        assert!(
            client.answer(refused).starts_with("NO [NOPERM]"),
            "{refused}"
        );
    }
    assert!(
        client
            .answer("SELECT Archive")
            .starts_with("OK [READ-ONLY]")
    );
    assert!(
        client
            .answer("UID STORE 1 FLAGS ()")
            .starts_with("NO [READ-ONLY]")
    );
    server.set_rights("Archive", "");
    assert_eq!(client.ok("LIST \"\" Archive"), Vec::<String>::new());
    assert!(
        client
            .answer("MYRIGHTS Archive")
            .starts_with("NO [NONEXISTENT]")
    );
    assert_eq!(server.truth("INBOX").len(), 3);
}

#[test]
fn a_quota_is_told_and_refuses_what_needs_more_room() {
    let server = two_mailboxes();
    let mut client = Client::login(&server);
    assert_eq!(client.ok("GETQUOTAROOT INBOX"), ["* QUOTAROOT \"INBOX\""]);
    let each = message("a").len() as u64;
    server.set_quota(Some(4 * each));
    assert_eq!(
        client.ok("GETQUOTAROOT INBOX"),
        [
            "* QUOTAROOT \"INBOX\" \"User quota\"",
            "* QUOTA \"User quota\" (STORAGE 1 1)"
        ]
    );
    assert_eq!(
        client.ok("GETQUOTA \"User quota\""),
        ["* QUOTA \"User quota\" (STORAGE 1 1)"]
    );
    client.ok("SELECT INBOX");
    assert!(
        client
            .answer("UID COPY 1:2 Archive")
            .starts_with("NO [OVERQUOTA]")
    );
    assert!(client.answer("UID MOVE 1:2 Archive").starts_with("OK"));
    assert!(client.answer("UID COPY 3 Archive").starts_with("OK"));
    let one_more = format!("APPEND INBOX {{{each}+}}\r\n{}", message("a"));
    assert!(client.answer(&one_more).starts_with("NO [OVERQUOTA]"));
    assert_eq!(
        (server.truth("INBOX").len(), server.truth("Archive").len()),
        (1, 3)
    );
}

#[test]
fn keywords_that_are_not_kept_are_passed_over() {
    let server = two_mailboxes();
    server.keep_keywords("INBOX", &["$Forwarded"]);
    let mut client = Client::login(&server);
    let permanent =
        "* OK [PERMANENTFLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $Forwarded)] Ok";
    assert!(client.ok("SELECT INBOX").contains(&permanent.to_owned()));
    assert_eq!(
        client.ok("UID STORE 1 +FLAGS ($Forwarded todo)"),
        ["* 1 FETCH (UID 1 FLAGS ($Forwarded))"]
    );
    client.ok("UID STORE 2 +FLAGS.SILENT (todo)");
    assert!(server.truth("INBOX")[1].flags.keywords().is_empty());
}

#[test]
fn others_hear_of_a_move_where_it_went_and_where_it_came_from() {
    let server = two_mailboxes();
    let mut mover = Client::login(&server);
    let mut source = Client::login(&server);
    let mut target = Client::login(&server);
    mover.ok("SELECT INBOX");
    source.ok("ENABLE QRESYNC");
    source.ok("SELECT INBOX");
    target.ok("SELECT Archive");
    let before = server.numbers("INBOX").unwrap().highest_mod_seq;
    for other in [&mut source, &mut target] {
        other.send("i IDLE\r\n");
        assert_eq!(other.line(), "+ idling");
    }
    mover.ok("UID MOVE 1,3 Archive");
    assert_eq!(source.line(), "* VANISHED 1,3");
    assert_eq!(target.line(), "* 2 EXISTS");
    assert_eq!(server.numbers("INBOX").unwrap().highest_mod_seq, before + 1);
    let ids: Vec<u64> = server
        .truth("Archive")
        .iter()
        .map(|message| message.id)
        .collect();
    assert_eq!(ids, [1, 3]);
}

#[test]
fn gmail_does_not_double_what_is_under_a_label_already() {
    use sterna::demo::dialect::Dialect;
    use sterna::demo::server::Options;
    let options = Options {
        dialect: Dialect::gmail(),
        ..Options::default()
    };
    let server = Server::start(options).unwrap();
    server.deliver("INBOX", message("a").as_bytes(), &[], 1_700_000_000);
    let mut client = Client::connect(server.imap_addr());
    client.ok("LOGIN demo demo");
    client.ok("SELECT INBOX");
    let (lines, _) = client.command("UID MOVE 1 \"[Gmail]/All Mail\"");
    assert!(lines[0].ends_with(" 1 1] Moved"), "{lines:?}");
    assert_eq!(server.truth("[Gmail]/All Mail").len(), 1);
    assert!(server.truth("INBOX").is_empty());
}

#[test]
fn one_message_can_be_refused_and_a_rival_can_be_faster() {
    let server = two_mailboxes();
    let command = || "UID MOVE".to_owned();
    server.set_faults(FaultPlan::new(vec![
        Fault::always(FaultKind::RefuseUid {
            command: command(),
            uid: 2,
            answer: "NO [CANNOT] Not this one".into(),
        }),
        Fault::once(FaultKind::Rival {
            command: command(),
            mailbox: "INBOX".into(),
            uids: vec![1],
            to: None,
        })
        .after(1),
    ]));
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    assert_eq!(
        client.answer("UID MOVE 1:3 Archive"),
        "NO [CANNOT] Not this one"
    );
    let (lines, answer) = client.command("UID MOVE 1,3 Archive");
    assert!(lines[0].ends_with(" 3 1] Moved"), "{lines:?}");
    assert_eq!(answer, "OK Done");
    let left: Vec<u32> = server
        .truth("INBOX")
        .iter()
        .map(|message| message.uid)
        .collect();
    assert_eq!(left, [2]);
}

#[test]
fn a_move_can_be_done_in_part_before_the_connection_breaks() {
    let server = two_mailboxes();
    server.set_faults(FaultPlan::new(vec![Fault::once(FaultKind::PartOf {
        command: "UID MOVE".into(),
        n_messages: 2,
    })]));
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    client.send("m UID MOVE 1:3 Archive\r\n");
    assert!(client.rest().is_empty());
    assert_eq!(
        (server.truth("INBOX").len(), server.truth("Archive").len()),
        (1, 2)
    );
}

#[test]
fn subscriptions_and_moves_of_another_client_are_seen() {
    let server = two_mailboxes();
    let mut client = Client::login(&server);
    client.ok("UNSUBSCRIBE Archive");
    assert_eq!(server.is_subscribed("Archive"), Some(false));
    client.ok("SELECT INBOX");
    assert_eq!(server.move_messages("INBOX", &[2], "Archive"), [(2, 1)]);
    assert_eq!(client.ok("NOOP"), ["* 2 EXPUNGE"]);
    assert!(server.move_messages("INBOX", &[1], "Nowhere").is_empty());
    assert_eq!(server.truth("INBOX").len(), 2);
}
