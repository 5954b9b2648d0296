//! CONDSTORE, QRESYNC, ESEARCH, IDLE and their relatives.

use crate::client::{Client, GUARD, inbox, message, server};

#[test]
fn idle_tells_at_once_what_others_do() {
    let server = inbox(&["a", "b"]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    client.send("i IDLE\r\n");
    assert_eq!(client.line(), "+ idling");
    assert!(server.await_command("IDLE", GUARD));
    server.deliver("INBOX", message("c").as_bytes(), &[], 0);
    assert_eq!(
        (client.line(), client.line()),
        ("* 3 EXISTS".into(), "* 0 RECENT".into())
    );
    server.set_flags("INBOX", 1, &["\\Seen"]);
    assert_eq!(client.line(), "* 1 FETCH (FLAGS (\\Seen))");
    server.expunge("INBOX", &[1]);
    assert_eq!(client.line(), "* 1 EXPUNGE");
    client.send("DONE\r\nn NOOP\r\n");
    assert!(client.line().starts_with("i OK"));
    assert!(client.line().starts_with("n OK"));
}

#[test]
fn resync_tells_what_vanished_and_what_changed() {
    let server = inbox(&["a", "b", "c", "d", "e"]);
    let then = server.numbers("INBOX").unwrap();
    server.expunge("INBOX", &[2, 3]);
    server.set_flags("INBOX", 4, &["\\Seen"]);
    server.deliver("INBOX", message("f").as_bytes(), &[], 0);
    let now = server.numbers("INBOX").unwrap();
    let mut client = Client::login(&server);
    let resync = format!(
        "SELECT INBOX (QRESYNC ({} {} 1:5))",
        then.validity, then.highest_mod_seq
    );
    assert!(client.answer(&resync).starts_with("BAD"), "not enabled yet");
    assert_eq!(client.ok("ENABLE QRESYNC X-NONE"), ["* ENABLED QRESYNC"]);
    let lines = client.ok(&resync);
    assert_eq!(
        lines[lines.len() - 2..],
        [
            "* VANISHED (EARLIER) 2:3".to_owned(),
            format!(
                "* 2 FETCH (UID 4 FLAGS (\\Seen) MODSEQ ({}))",
                now.highest_mod_seq - 1
            )
        ]
    );
    let unchanged = client.ok(&format!(
        "SELECT INBOX (QRESYNC ({} {}))",
        now.validity, now.highest_mod_seq
    ));
    assert_eq!(unchanged[0], "* OK [CLOSED] Previous mailbox closed");
    assert!(
        !unchanged
            .iter()
            .any(|line| line.contains("VANISHED") || line.contains("FETCH"))
    );
    let other = client.ok(&format!("SELECT INBOX (QRESYNC ({} 1))", now.validity + 99));
    assert!(!other.iter().any(|line| line.contains("VANISHED")));
    server.expunge("INBOX", &[1]);
    assert_eq!(client.ok("NOOP"), ["* VANISHED 1"]);
}

#[test]
fn a_server_that_forgot_names_all_that_is_missing() {
    let server = inbox(&["a", "b", "c"]);
    let then = server.numbers("INBOX").unwrap();
    server.expunge("INBOX", &[2]);
    server.forget_expunges("INBOX");
    let mut client = Client::login(&server);
    client.ok("ENABLE QRESYNC");
    let lines = client.ok(&format!(
        "SELECT INBOX (QRESYNC ({} {} 1:3,77 (1,3 1,3)))",
        then.validity, then.highest_mod_seq
    ));
    assert_eq!(lines.last().unwrap(), "* VANISHED (EARLIER) 2");
}

#[test]
fn changed_since_gives_changes_and_with_vanished_the_gone() {
    let server = inbox(&["a", "b", "c"]);
    let then = server.numbers("INBOX").unwrap().highest_mod_seq;
    server.set_flags("INBOX", 1, &["todo"]);
    server.expunge("INBOX", &[3]);
    let mut client = Client::login(&server);
    client.ok("ENABLE QRESYNC");
    client.ok("SELECT INBOX");
    assert_eq!(
        client.ok(&format!(
            "UID FETCH 1:* (FLAGS) (CHANGEDSINCE {then} VANISHED)"
        )),
        [
            "* VANISHED (EARLIER) 3".to_owned(),
            format!("* 1 FETCH (UID 1 FLAGS (todo) MODSEQ ({}))", then + 1)
        ]
    );
}

#[test]
fn a_store_unchanged_since_leaves_what_others_changed() {
    let server = inbox(&["a", "b"]);
    let then = server.numbers("INBOX").unwrap().highest_mod_seq;
    server.set_flags("INBOX", 2, &["theirs"]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX (CONDSTORE)");
    let (lines, answer) = client.command(&format!(
        "UID STORE 1:2 (UNCHANGEDSINCE {then}) +FLAGS.SILENT (mine)"
    ));
    assert_eq!(lines, [format!("* 1 FETCH (UID 1 MODSEQ ({}))", then + 2)]);
    assert!(answer.starts_with("OK [MODIFIED 2]"));
    let flags: Vec<_> = server.truth("INBOX")[1]
        .flags
        .names()
        .map(str::to_owned)
        .collect();
    assert_eq!(flags, ["theirs"]);
}

#[test]
fn esearch_answers_by_tag_and_saves_for_the_dollar() {
    let server = inbox(&["a", "b", "c", "d"]);
    server.expunge("INBOX", &[2]);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    client.send("e1 UID SEARCH RETURN (ALL COUNT MIN MAX) 2:*\r\n");
    assert_eq!(
        client.until("e1").0,
        ["* ESEARCH (TAG \"e1\") UID MIN 3 MAX 4 COUNT 2 ALL 3:4"]
    );
    assert!(client.ok("SEARCH RETURN (SAVE) SUBJECT c").is_empty());
    client.ok("UID STORE $ +FLAGS.SILENT (\\Flagged)");
    assert_eq!(
        client.ok("UID FETCH $ (FLAGS)"),
        ["* 2 FETCH (UID 3 FLAGS (\\Flagged))"]
    );
    client.send("e2 UID SEARCH RETURN (ALL COUNT) SUBJECT nothing\r\n");
    assert_eq!(client.until("e2").0, ["* ESEARCH (TAG \"e2\") UID COUNT 0"]);
}

#[test]
fn list_status_and_namespace_and_id_answer() {
    let server = inbox(&["a"]);
    let numbers = server.numbers("INBOX").unwrap();
    let mut client = Client::login(&server);
    assert_eq!(
        client.ok("LIST \"\" \"*\" RETURN (SUBSCRIBED SPECIAL-USE CHILDREN STATUS (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ))"),
        [
            "* LIST (\\HasNoChildren \\Subscribed) \"/\" \"INBOX\"".to_owned(),
            format!(
                "* STATUS \"INBOX\" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY {} UNSEEN 1 HIGHESTMODSEQ {})",
                numbers.validity, numbers.highest_mod_seq
            )
        ]
    );
    assert_eq!(
        client.ok("NAMESPACE"),
        ["* NAMESPACE ((\"\" \"/\")) NIL NIL"]
    );
    assert_eq!(client.ok("ID (\"name\" \"x\")").len(), 1);
}

#[test]
fn a_whole_start_fits_in_one_flight() {
    let server = inbox(&["a", "b"]);
    let then = server.numbers("INBOX").unwrap();
    server.deliver("INBOX", message("c").as_bytes(), &[], 0);
    let mut client = Client::connect(server.imap_addr());
    client.send(&format!(
        "1 AUTHENTICATE PLAIN AGRlbW8AZGVtbw==\r\n2 ENABLE QRESYNC\r\n3 LIST \"\" * RETURN (STATUS (MESSAGES))\r\n\
         4 SELECT INBOX (QRESYNC ({} {} 1:2))\r\n5 UID FETCH 3:* (UID FLAGS MODSEQ)\r\n6 IDLE\r\n",
        then.validity, then.highest_mod_seq
    ));
    for tag in ["1", "2", "3", "4", "5"] {
        assert!(client.until(tag).1.starts_with("OK"));
    }
    assert_eq!(client.line(), "+ idling");
}

#[test]
fn structures_and_envelopes_of_nested_messages_are_told() {
    let server = server();
    server.deliver(
        "INBOX",
        b"Subject: out\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b\r\n\
          Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\ninner\r\n--b--\r\n",
        &[],
        0,
    );
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    let lines = client.ok(
        "FETCH 1 (ENVELOPE BODYSTRUCTURE BODY.PEEK[2.HEADER] BODY.PEEK[2.TEXT] BODY.PEEK[1.MIME])",
    );
    for expected in [
        "ENVELOPE (NIL \"out\" NIL NIL NIL NIL NIL NIL NIL NIL)",
        "(\"MESSAGE\" \"RFC822\" NIL NIL NIL \"7BIT\" 20 (NIL \"in\"",
        "BODY[2.HEADER] {15}\r\nSubject: in\r\n\r\n",
        "BODY[2.TEXT] {5}\r\ninner",
        "BODY[1.MIME] {28}\r\nContent-Type: text/plain\r\n\r\n",
    ] {
        assert!(lines[0].contains(expected), "{expected}\n{}", lines[0]);
    }
}
