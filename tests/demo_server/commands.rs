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
fn fetch_cuts_sections_and_partials() {
    let server = inbox(&["a"]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    assert_eq!(
        client.ok("FETCH 1 (UID FLAGS INTERNALDATE RFC822.SIZE)"),
        ["* 1 FETCH (UID 1 FLAGS () INTERNALDATE \"14-Nov-2023 22:13:20 +0000\" RFC822.SIZE 88)"]
    );
    assert_eq!(
        client.ok("UID FETCH 1 BODY.PEEK[HEADER.FIELDS (subject from)]"),
        [
            "* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT FROM)] {37}\r\nFrom: Ann <ann@x.org>\r\nSubject: a\r\n\r\n)"
        ]
    );
    assert_eq!(
        client.ok("FETCH 1 BODY.PEEK[TEXT]<5.2>"),
        ["* 1 FETCH (BODY[TEXT]<5> {2}\r\nof)"]
    );
    assert_eq!(
        client.ok("FETCH 1 BODY.PEEK[]<500.2>"),
        ["* 1 FETCH (BODY[]<500> {0}\r\n)"]
    );
    assert_eq!(
        client.ok("FETCH 1 BODY.PEEK[7]"),
        ["* 1 FETCH (BODY[7] NIL)"]
    );
    assert_eq!(server.truth("INBOX")[0].flags.bits(), 0);
    let lines = client.ok("FETCH 1 BODY[]");
    assert!(lines[0].ends_with(" FLAGS (\\Seen))"), "{lines:?}");
    assert_eq!(server.truth("INBOX")[0].flags.bits(), 1);
    assert_eq!(server.counts().bodies, 3);
    for bad in [
        "FETCH 1 NONSENSE",
        "FETCH x FLAGS",
        "FETCH 1",
        "FETCH 1 BODY[HEADER.FIELDS",
    ] {
        assert!(client.answer(bad).starts_with("BAD"), "{bad}");
    }
}

#[test]
fn a_star_gives_the_highest_message_even_below_the_start() {
    let server = inbox(&["a", "b"]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    assert_eq!(client.ok("UID FETCH 9:* (UID)"), ["* 2 FETCH (UID 2)"]);
    assert!(client.ok("UID FETCH 9 (UID)").is_empty());
}

#[test]
fn store_adds_removes_replaces_and_keeps_silent() {
    let server = inbox(&["a", "b"]);
    let mut client = Client::login(&server);
    let mut other = Client::login(&server);
    client.ok("SELECT INBOX");
    other.ok("SELECT INBOX");
    assert_eq!(
        client.ok("UID STORE 1:2 +FLAGS (\\Seen todo)"),
        [
            "* 1 FETCH (UID 1 FLAGS (\\Seen todo))",
            "* 2 FETCH (UID 2 FLAGS (\\Seen todo))"
        ]
    );
    assert!(client.ok("STORE 1 -FLAGS.SILENT todo").is_empty());
    assert_eq!(
        client.ok("STORE 2 FLAGS (\\Flagged)"),
        ["* 2 FETCH (FLAGS (\\Flagged))"]
    );
    assert_eq!(
        other.ok("NOOP"),
        [
            "* 1 FETCH (FLAGS (\\Seen))",
            "* 2 FETCH (FLAGS (\\Flagged))"
        ]
    );
    assert!(client.ok("NOOP").is_empty());
    assert!(client.answer("STORE 1 *FLAGS x").starts_with("BAD"));
}

#[test]
fn an_expunge_waits_while_sequence_numbers_are_in_use() {
    let server = inbox(&["a", "b", "c", "d"]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    server.expunge("INBOX", &[1, 3]);
    server.deliver("INBOX", message("e").as_bytes(), &[], 0);
    let (lines, answer) = client.command("FETCH 1:4 (UID)");
    assert_eq!(
        lines,
        [
            "* 2 FETCH (UID 2)",
            "* 4 FETCH (UID 4)",
            "* 5 EXISTS",
            "* 0 RECENT"
        ]
    );
    assert!(answer.starts_with("NO [EXPUNGEISSUED]"));
    assert_eq!(client.ok("NOOP"), ["* 1 EXPUNGE", "* 2 EXPUNGE"]);
    assert_eq!(client.ok("FETCH 3 (UID)"), ["* 3 FETCH (UID 5)"]);
}

#[test]
fn expunge_close_and_uid_expunge_take_only_what_is_deleted() {
    let server = inbox(&["a", "b", "c", "d"]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    client.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)");
    assert_eq!(client.ok("UID EXPUNGE 2,4"), ["* 2 EXPUNGE"]);
    assert_eq!(client.ok("EXPUNGE"), ["* 1 EXPUNGE", "* 1 EXPUNGE"]);
    client.ok("STORE 1 +FLAGS.SILENT (\\Deleted)");
    assert!(client.ok("CLOSE").is_empty());
    assert!(server.truth("INBOX").is_empty());
}

#[test]
fn copy_and_move_tell_the_new_uids() {
    let server = inbox(&["a", "b", "c"]);
    server.create("Archive", None);
    let validity = server.numbers("Archive").unwrap().validity;
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    assert_eq!(
        client.answer("UID COPY 1:2 Archive"),
        format!("OK [COPYUID {validity} 1:2 1:2] Done")
    );
    let (lines, answer) = client.command("UID MOVE 2:3 Archive");
    assert_eq!(
        lines,
        [
            format!("* OK [COPYUID {validity} 2:3 3:4] Moved"),
            "* 2 EXPUNGE".to_owned(),
            "* 2 EXPUNGE".to_owned()
        ]
    );
    assert_eq!(answer, "OK Done");
    assert!(
        client
            .answer("UID MOVE 1 Nowhere")
            .starts_with("NO [TRYCREATE]")
    );
    assert_eq!(server.truth("INBOX").len(), 1);
    assert_eq!(server.raw("Archive", 3), server.raw("Archive", 2));
}

#[test]
fn append_takes_flags_date_and_either_literal() {
    let server = server();
    let validity = server.numbers("INBOX").unwrap().validity;
    let mut client = Client::login(&server);
    let text = message("x");
    assert_eq!(
        client.answer(&format!(
            "APPEND INBOX (\\Seen \\Draft) \" 7-Feb-2026 10:00:00 +0100\" {{{}+}}\r\n{text}",
            text.len()
        )),
        format!("OK [APPENDUID {validity} 1] Stored")
    );
    client.send(&format!("a APPEND inbox {{{}}}\r\n", text.len()));
    assert_eq!(client.line(), "+ go ahead");
    client.send(&format!("{text}\r\n"));
    assert_eq!(
        client.line(),
        format!("a OK [APPENDUID {validity} 2] Stored")
    );
    let truth = server.truth("INBOX");
    assert_eq!(truth[0].flags.bits(), 17);
    assert_eq!(truth[0].internal_date, 1_770_454_800);
    assert_eq!(server.raw("INBOX", 2).unwrap(), text.as_bytes());
    assert!(
        client
            .answer("APPEND Nowhere {1+}\r\nx")
            .starts_with("NO [TRYCREATE]")
    );
}

#[test]
fn searches_find_by_flag_text_date_and_logic() {
    let server = inbox(&["Hafen", "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Boot"]);
    server.set_flags("INBOX", 1, &["\\Seen", "todo"]);
    server.deliver("INBOX", message("late").as_bytes(), &[], 1_800_000_000);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    for (search, expected) in [
        ("ALL", " 1 2 3 4"),
        ("UNSEEN NOT SUBJECT late", " 2 3"),
        ("KEYWORD todo", " 1"),
        ("CHARSET UTF-8 SUBJECT {7+}\r\ngrüße", " 2"),
        ("OR SUBJECT boot SUBJECT hafen", " 1 3"),
        ("TEXT \"text of boot\"", " 3"),
        ("SINCE 1-Jan-2024", " 4"),
        ("BEFORE 1-Jan-2024 2:*", " 2 3"),
        ("UID 3:*", " 3 4"),
        ("(SEEN) 1", " 1"),
        ("HEADER message-id late@", " 4"),
        ("LARGER 200", ""),
    ] {
        assert_eq!(
            client.ok(&format!("UID SEARCH {search}")),
            [format!("* SEARCH{expected}")],
            "{search}"
        );
    }
    assert!(
        client
            .answer("SEARCH CHARSET KOI8-R ALL")
            .starts_with("NO [BADCHARSET")
    );
    assert!(client.answer("SEARCH WHATEVER").starts_with("BAD"));
    assert!(
        client
            .answer(&format!("SEARCH {}ALL", "NOT ".repeat(5000)))
            .starts_with("BAD")
    );
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
