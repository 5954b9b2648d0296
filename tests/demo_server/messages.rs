//! Messages in a mailbox: fetched, marked, expunged, copied, moved, appended, searched.

use crate::client::{Client, inbox, message, server};

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
