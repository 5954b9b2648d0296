//! `IMAP4rev1`: what every server has.

use sterna::demo::dialect::Dialect;
use sterna::demo::server::{Options, Server};

use crate::client::{Client, GUARD, inbox, message, server};

#[test]
fn the_greeting_tells_capabilities_and_a_login_tells_them_again() {
    let server = server();
    let mut client = Client::connect(server.imap_addr());
    assert!(
        client
            .greeting
            .starts_with("* OK [CAPABILITY IMAP4rev1 LITERAL+")
    );
    assert!(client.answer("SELECT INBOX").starts_with("BAD"));
    assert!(
        client
            .answer("LOGIN demo wrong")
            .starts_with("NO [AUTHENTICATIONFAILED]")
    );
    assert!(
        client
            .answer("LOGIN \"demo\" {4+}\r\ndemo")
            .starts_with("OK [CAPABILITY IMAP4rev1")
    );
    assert!(client.answer("LOGIN demo demo").starts_with("BAD"));
    assert_eq!(client.ok("LOGOUT"), ["* BYE Until next time"]);
    assert!(client.rest().is_empty());
}

#[test]
fn plain_comes_with_the_command_or_after_a_continuation() {
    let server = server();
    let mut client = Client::connect(server.imap_addr());
    client.ok("AUTHENTICATE PLAIN AGRlbW8AZGVtbw==");
    let mut client = Client::connect(server.imap_addr());
    client.send("a AUTHENTICATE PLAIN\r\n");
    assert_eq!(client.line(), "+ ");
    client.send("AGRlbW8AZGVtbw==\r\n");
    assert!(client.line().starts_with("a OK"));
    assert!(!server.log().iter().any(|entry| entry.line.contains("AGRl")));
}

#[test]
fn lists_follow_patterns_and_tell_roles() {
    let server = server();
    server.create("Lists/rust", None);
    server.create("Sent", Some(sterna::mail::mailbox::Role::Sent));
    let mut client = Client::login(&server);
    assert_eq!(
        client.ok("LIST \"\" %"),
        [
            "* LIST (\\HasNoChildren) \"/\" \"INBOX\"",
            "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\""
        ]
    );
    assert_eq!(
        client.ok("LIST \"\" \"\""),
        ["* LIST (\\Noselect) \"/\" \"\""]
    );
    assert_eq!(client.ok("LIST Lists/ *").len(), 1);
    assert_eq!(
        client.ok("LIST (SUBSCRIBED) \"\" (inbox S*) RETURN (CHILDREN STATUS (MESSAGES UIDNEXT))"),
        [
            "* LIST (\\HasNoChildren \\Subscribed) \"/\" \"INBOX\"",
            "* STATUS \"INBOX\" (MESSAGES 0 UIDNEXT 1)",
            "* LIST (\\HasNoChildren \\Subscribed \\Sent) \"/\" \"Sent\"",
            "* STATUS \"Sent\" (MESSAGES 0 UIDNEXT 1)",
        ]
    );
}

#[test]
fn mailboxes_are_created_renamed_subscribed_and_deleted() {
    let server = inbox(&["a"]);
    let mut client = Client::login(&server);
    client.ok("CREATE \"a/b c/&ZeVnLIqe-\"");
    assert_eq!(
        server.mailboxes(),
        ["INBOX", "a", "a/b c", "a/b c/&ZeVnLIqe-"]
    );
    assert!(
        client
            .answer("CREATE inbox")
            .starts_with("NO [ALREADYEXISTS]")
    );
    client.ok("RENAME \"a/b c\" z");
    assert_eq!(server.mailboxes(), ["INBOX", "a", "z", "z/&ZeVnLIqe-"]);
    client.ok("DELETE z");
    assert_eq!(
        client.ok("LIST \"\" z"),
        ["* LIST (\\Noselect \\HasChildren) \"/\" \"z\""]
    );
    assert!(client.answer("SELECT z").starts_with("NO [NONEXISTENT]"));
    client.ok("SUBSCRIBE a");
    assert!(
        client
            .ok("LSUB \"\" *")
            .contains(&"* LSUB () \"/\" \"a\"".to_owned())
    );
    client.ok("UNSUBSCRIBE a");
    assert!(
        !client
            .ok("LSUB \"\" *")
            .contains(&"* LSUB () \"/\" \"a\"".to_owned())
    );
    assert!(client.answer("DELETE INBOX").starts_with("NO"));
    client.ok("RENAME INBOX old");
    assert_eq!(
        (server.truth("INBOX").len(), server.truth("old").len()),
        (0, 1)
    );
}

#[test]
fn select_tells_the_numbers_of_the_mailbox() {
    let server = inbox(&["a", "b"]);
    server.set_flags("INBOX", 1, &["\\Seen", "todo"]);
    let numbers = server.numbers("INBOX").unwrap();
    let mut client = Client::login(&server);
    let (lines, answer) = client.command("SELECT inbox");
    assert!(answer.starts_with("OK [READ-WRITE]"));
    let flags = "\\Seen \\Answered \\Flagged \\Deleted \\Draft todo";
    assert_eq!(
        lines,
        [
            format!("* FLAGS ({flags})"),
            "* 2 EXISTS".to_owned(),
            "* 0 RECENT".to_owned(),
            format!("* OK [PERMANENTFLAGS ({flags} \\*)] Ok"),
            format!("* OK [UIDVALIDITY {}] Ok", numbers.validity),
            "* OK [UIDNEXT 3] Ok".to_owned(),
            "* OK [UNSEEN 2] Ok".to_owned(),
            format!("* OK [HIGHESTMODSEQ {}] Ok", numbers.highest_mod_seq),
        ]
    );
    assert!(client.answer("EXAMINE INBOX").starts_with("OK [READ-ONLY]"));
    assert!(
        client
            .answer("STORE 1 +FLAGS (\\Flagged)")
            .starts_with("NO [READ-ONLY]")
    );
    assert!(client.answer("SELECT nowhere").starts_with("NO"));
    assert!(client.answer("FETCH 1 FLAGS").starts_with("BAD No mailbox"));
}

#[test]
fn pipelined_commands_are_answered_in_order() {
    let server = inbox(&["a"]);
    let mut client = Client::connect(server.imap_addr());
    client.send("a LOGIN demo demo\r\nb SELECT INBOX\r\nc FETCH 1 (UID)\r\nd APPEND INBOX {3+}\r\nx\r\n\r\ne UID FETCH 2:* (UID)\r\nf LOGOUT\r\n");
    let text = String::from_utf8(client.rest()).unwrap();
    let tags: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('*'))
        .map(|line| &line[..4])
        .collect();
    assert_eq!(tags, ["a OK", "b OK", "c OK", "d OK", "e OK", "f OK"]);
    assert!(text.contains("* 2 FETCH (UID 2)"));
}

#[test]
fn nonsense_is_answered_and_does_no_harm() {
    let server = inbox(&["a"]);
    let mut client = Client::login(&server);
    for line in [
        "",
        "x",
        "x y",
        "x (",
        "x LOGIN \"",
        "x UID",
        "x FETCH",
        "\u{0}\u{ff}",
        "x SELECT (((((",
        "x LIST",
        "x STORE 1",
    ] {
        client.send(&format!("{line}\r\n"));
        assert!(client.line().contains(" BAD "), "{line}");
    }
    client.send(&format!("x SELECT {}\r\n", "(".repeat(10_000)));
    assert!(client.line().starts_with("x BAD"));
    client.ok("SELECT INBOX");
}

#[test]
fn a_bare_server_knows_no_extension() {
    let server = Server::start(Options {
        dialect: Dialect::bare(),
        ..Options::default()
    })
    .unwrap();
    server.create("Sent", Some(sterna::mail::mailbox::Role::Sent));
    server.deliver("INBOX", message("a").as_bytes(), &[], 0);
    let mut client = Client::login(&server);
    assert_eq!(client.ok("CAPABILITY"), ["* CAPABILITY IMAP4rev1"]);
    assert_eq!(
        client.ok("LIST \"\" *"),
        ["* LIST () \"/\" \"INBOX\"", "* LIST () \"/\" \"Sent\""]
    );
    assert!(
        client
            .ok("SELECT INBOX")
            .iter()
            .all(|line| !line.contains("MODSEQ"))
    );
    for command in [
        "ENABLE QRESYNC",
        "IDLE",
        "ID NIL",
        "NAMESPACE",
        "UNSELECT",
        "UID MOVE 1 Sent",
        "UID EXPUNGE 1",
        "FETCH 1 MODSEQ",
        "FETCH 1 FLAGS (CHANGEDSINCE 1)",
        "SEARCH RETURN (ALL) ALL",
        "LIST \"\" * RETURN (STATUS (MESSAGES))",
        "SELECT INBOX (CONDSTORE)",
    ] {
        assert!(client.answer(command).starts_with("BAD"), "{command}");
    }
    client.ok("SELECT INBOX");
    assert_eq!(client.answer("UID COPY 1 Sent"), "OK Done");
    client.send("a APPEND Sent {1+}\r\nx\r\n");
    assert!(client.line().starts_with("a BAD"));
}

#[test]
fn another_validity_ends_the_sessions_that_have_the_mailbox_open() {
    let server = inbox(&["a", "b"]);
    server.expunge("INBOX", &[1]);
    let before = server.numbers("INBOX").unwrap();
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    server.change_uid_validity("INBOX");
    assert!(client.command("NOOP").0[0].starts_with("* BYE"));
    let after = server.numbers("INBOX").unwrap();
    assert_ne!(before.validity, after.validity);
    assert_eq!((after.uid_next, server.truth("INBOX")[0].uid), (2, 1));
}

#[test]
fn the_log_numbers_connections_and_can_be_awaited() {
    let server = server();
    let mut first = Client::login(&server);
    let mut second = Client::login(&server);
    first.ok("NOOP");
    second.ok("STATUS INBOX (MESSAGES)");
    assert!(server.await_command("STATUS", GUARD));
    let lines: Vec<_> = server
        .log()
        .into_iter()
        .map(|entry| (entry.connection, entry.line))
        .collect();
    assert_eq!(
        lines,
        [
            (1, "t1 LOGIN ***".to_owned()),
            (2, "t1 LOGIN ***".to_owned()),
            (1, "t2 NOOP".to_owned()),
            (2, "t2 STATUS INBOX (MESSAGES)".to_owned())
        ]
    );
}
