//! The dialects at the wire: each speaks as the server that it is named after.

use sterna::demo::dialect::Dialect;
use sterna::demo::server::{Options, Server};
use sterna::mail::mailbox::Role;

use crate::client::{Client, message};

fn speaking(dialect: Dialect) -> Server {
    let options = Options {
        dialect,
        ..Options::default()
    };
    Server::start(options).unwrap()
}

/// A server, and a client that is logged in.
fn opened(dialect: Dialect) -> (Server, Client) {
    let server = speaking(dialect);
    server.deliver("INBOX", message("one").as_bytes(), &[], 1_700_000_000);
    let mut client = Client::connect(server.imap_addr());
    client.ok("LOGIN demo demo");
    (server, client)
}

fn has(lines: &[String], words: &str) -> bool {
    lines.iter().any(|line| line.contains(words))
}

#[test]
fn capabilities_are_told_where_that_server_tells_them() {
    for (name, dialect) in Dialect::all() {
        let server = speaking(dialect.clone());
        let mut client = Client::connect(server.imap_addr());
        let greets_with = client.greeting.contains("[CAPABILITY ");
        let before = client.ok("CAPABILITY");
        assert_eq!(before, [format!("* CAPABILITY {}", dialect.line(false))]);
        let (lines, answer) = client.command("LOGIN demo demo");
        let told = (greets_with, lines.len(), answer.contains("[CAPABILITY "));
        let expected = match name {
            "gmail" | "mail_ru" => (false, 1, false),
            "microsoft" | "netease" => (false, 0, false),
            "courier" | "icloud" | "qq" | "mailo" => (true, 0, false),
            _ => (true, 0, true),
        };
        assert_eq!(told, expected, "{name}: {lines:?} {answer}");
        let after = client.ok("CAPABILITY");
        assert_eq!(after, [format!("* CAPABILITY {}", dialect.line(true))]);
    }
}

#[test]
fn gmail_gives_a_message_a_uid_under_each_label_and_keeps_its_flags_common() {
    let (server, mut client) = opened(Dialect::gmail());
    let mut other = Client::connect(server.imap_addr());
    other.ok("LOGIN demo demo");
    server.create("Work", None);
    client.ok("SELECT INBOX");
    client.ok("UID COPY 1 Work");
    let lines = client.ok("UID FETCH 1 (X-GM-MSGID X-GM-LABELS)");
    assert!(has(&lines, "X-GM-LABELS (\"Work\")"), "{lines:?}");
    client.ok("UID STORE 1 +FLAGS.SILENT (\\Flagged)");
    let starred = server.truth("[Gmail]/Starred");
    assert!(starred[0].flags.names().eq(["\\Flagged"]));
    assert_eq!(server.truth("[Gmail]/All Mail").len(), 1);
    assert_eq!(server.truth("Work")[0].flags, starred[0].flags);

    // To expunge takes a label off; what is in the bin is nowhere else.
    client.ok("UID STORE 1 +FLAGS.SILENT (\\Deleted)");
    client.ok("UID EXPUNGE 1");
    assert_eq!(server.truth("INBOX").len(), 0);
    assert_eq!(server.truth("[Gmail]/All Mail").len(), 1);
    other.ok("SELECT Work");
    other.ok("UID MOVE 1 [Gmail]/Trash");
    assert_eq!(server.truth("Work").len(), 0);
    assert_eq!(server.truth("[Gmail]/All Mail").len(), 0);
    assert_eq!(server.truth("[Gmail]/Trash").len(), 1);
    // And back again.
    other.ok("SELECT [Gmail]/Trash");
    other.ok("UID COPY 1 INBOX");
    assert_eq!(server.truth("[Gmail]/Trash").len(), 0);
    assert_eq!(server.truth("[Gmail]/All Mail").len(), 1);
}

#[test]
fn gmail_leaves_the_parts_of_attached_related_parts_out() {
    let (server, mut client) = opened(Dialect::gmail());
    let raw = "From: a@x.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n\
               Content-Type: multipart/related; boundary=c\r\nContent-Disposition: attachment\r\n\r\n--c\r\n\r\nx\r\n--c--\r\n\
               --b--\r\n";
    server.deliver("INBOX", raw.as_bytes(), &[], 1_700_000_000);
    client.ok("SELECT INBOX");
    let lines = client.ok("FETCH 2 (BODYSTRUCTURE)");
    let part = "(\"RELATED\" NIL (\"ATTACHMENT\" NIL) NIL)";
    assert!(has(&lines, part), "{lines:?}");
}

#[test]
fn microsoft_refuses_keywords_and_estimates_sizes() {
    let (server, mut client) = opened(Dialect::microsoft());
    server.create("Deleted", Some(Role::Trash));
    let lines = client.ok("LIST \"\" \"*\"");
    assert!(has(&lines, "\"/\" Inbox"), "{lines:?}");
    assert!(has(&lines, "\\Trash) \"/\" \"Deleted\""), "{lines:?}");
    assert!(
        client
            .answer("LIST \"\" \"*\" RETURN (STATUS (UNSEEN))")
            .starts_with("BAD")
    );
    let lines = client.ok("SELECT INBOX");
    assert!(has(&lines, "\\Draft $MDNSent)] Ok"), "{lines:?}");
    let refused = "BAD Command Argument Error. 11";
    assert_eq!(client.answer("UID SEARCH KEYWORD Work"), refused);
    assert_eq!(client.answer("UID STORE 1 +FLAGS (Work)"), refused);
    assert!(
        client
            .answer("UID SEARCH RETURN (ALL) ALL")
            .starts_with("BAD")
    );
    let size = message("one").len();
    let lines = client.ok("FETCH 1 (RFC822.SIZE BODYSTRUCTURE)");
    let estimate = format!("RFC822.SIZE {} ", size + size / 16 + 100);
    assert!(has(&lines, &estimate), "{lines:?}");
    assert!(
        has(&lines, "(\"TEXT\" \"PLAIN\" NIL NIL NIL NIL "),
        "{lines:?}"
    );
}

#[test]
fn courier_keeps_everything_below_its_prefix() {
    let (_server, mut client) = opened(Dialect::courier());
    let lines = client.ok("NAMESPACE");
    assert!(has(&lines, "((\"INBOX.\" \".\")) NIL (("), "{lines:?}");
    assert!(client.answer("CREATE Work").starts_with("NO"));
    client.ok("CREATE INBOX.Work.2026");
    let lines = client.ok("LIST \"\" \"*\"");
    assert!(
        has(&lines, "(\\HasChildren) \".\" \"INBOX.Work\""),
        "{lines:?}"
    );
    let lines = client.ok("LIST \"\" \"INBOX.%\"");
    assert!(!has(&lines, "2026"), "{lines:?}");
    assert!(!has(&client.ok("SELECT INBOX"), "UIDNEXT"));
    let refused = "NO Error in IMAP command received by server.";
    assert_eq!(client.answer("UID MOVE 1 INBOX.Work"), refused);
    assert_eq!(client.answer("LIST \"\" \"*\" RETURN (CHILDREN)"), refused);
}

#[test]
fn icloud_enables_in_silence_and_leaves_rfc822_out() {
    let (_server, mut client) = opened(Dialect::icloud());
    let lines = client.ok("SELECT INBOX");
    assert!(!has(&lines, "HIGHESTMODSEQ"), "{lines:?}");
    assert!(has(&lines, "* OK [UIDNEXT 2]"), "{lines:?}");
    assert!(client.ok("ENABLE QRESYNC").is_empty());
    let lines = client.ok("SELECT INBOX (QRESYNC (1 1))");
    assert!(has(&lines, "HIGHESTMODSEQ"), "{lines:?}");
    let lines = client.ok("UID FETCH 1 (RFC822)");
    assert_eq!(lines, ["* 1 FETCH (UID 1)"]);
}

#[test]
fn qq_netease_mail_ru_and_mailo_have_their_own_manners() {
    let (_server, mut client) = opened(Dialect::qq());
    client.ok("SELECT INBOX");
    assert_eq!(client.ok("UID FETCH 1 (UID)"), ["* 1 FETCH (UID 1 )"]);

    let (_server, mut client) = opened(Dialect::netease());
    assert_eq!(
        client.answer("SELECT INBOX"),
        "NO SELECT Unsafe Login. Please contact kefu@188.com for help"
    );
    client.ok("ID (\"name\" \"x\")");
    let lines = client.ok("STATUS INBOX (UIDNEXT)");
    assert_eq!(lines, ["* STATUS \"INBOX\" ()"]);
    assert!(!has(&client.ok("SELECT INBOX"), "UIDNEXT"));

    let (server, mut client) = opened(Dialect::mail_ru());
    let raw = "From: a@x.org\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b--\r\n";
    server.deliver("INBOX", raw.as_bytes(), &[], 1_700_000_000);
    client.ok("SELECT INBOX");
    let lines = client.ok("FETCH 2 (ENVELOPE BODYSTRUCTURE)");
    assert!(
        has(
            &lines,
            "((NIL NIL \"a\" \"x.org\")) NIL NIL () NIL NIL NIL NIL)"
        ),
        "{lines:?}"
    );
    assert!(has(&lines, "\"MIXED\" (\"boundary\" NIL) NIL"), "{lines:?}");

    let (_server, mut client) = opened(Dialect::mailo());
    client.ok("SELECT INBOX");
    client.send("a IDLE\r\n");
    assert_eq!(client.line(), "+ idling");
    client.send("DONE\r\n");
    client.until("a");
    client.send("b IDLE\r\n");
    assert_eq!(client.line(), "+ idling");
    assert_eq!(client.line(), "* Goodbye : idle timeout expired");
    assert_eq!(client.line(), "");
}

/// RFC 8508.
#[test]
fn one_message_takes_the_place_of_another_or_nothing_changes() {
    let (server, mut client) = opened(Dialect::replacing());
    server.create("Drafts", Some(Role::Drafts));
    let letter = message("two");
    let replace = |uid: u32, mailbox: &str| {
        let n = letter.len();
        format!("UID REPLACE {uid} {mailbox} (\\Seen) {{{n}+}}\r\n{letter}")
    };
    let refused = client.answer(&replace(1, "INBOX"));
    assert!(refused.starts_with("BAD"), "nothing is open: {refused}");
    client.ok("SELECT INBOX");
    let lines = client.ok(&replace(1, "INBOX"));
    let validity = server.numbers("INBOX").unwrap().validity;
    let told = format!("* OK [APPENDUID {validity} 2] Stored");
    assert_eq!(lines[0], told, "before the other goes");
    assert!(has(&lines, "* 1 EXPUNGE"), "{lines:?}");
    let uids = |mailbox: &str| -> Vec<u32> {
        let truth = server.truth(mailbox).into_iter();
        truth.map(|message| message.uid).collect()
    };
    assert_eq!(uids("INBOX"), [2]);
    for (command, answer) in [
        (replace(1, "INBOX"), "NO [NONEXISTENT]"),
        (replace(2, "Nowhere"), "NO [TRYCREATE]"),
    ] {
        let told = client.answer(&command);
        assert!(told.starts_with(answer), "{command}: {told}");
    }
    server.set_quota(Some(1));
    assert!(
        client
            .answer(&replace(2, "INBOX"))
            .starts_with("NO [OVERQUOTA]")
    );
    server.set_quota(None);
    server.expunge("INBOX", &[2]);
    let gone = client.answer(&replace(2, "INBOX"));
    assert!(gone.starts_with("NO [NONEXISTENT]"), "not told yet: {gone}");
    assert!(uids("INBOX").is_empty());
    server.deliver("INBOX", letter.as_bytes(), &[], 1_700_000_000);
    client.ok("NOOP");
    client.ok(&replace(3, "Drafts"));
    assert_eq!((uids("INBOX"), uids("Drafts")), (Vec::new(), vec![1]));
    client.ok("EXAMINE Drafts");
    assert!(
        client
            .answer(&replace(1, "Drafts"))
            .starts_with("NO [READ-ONLY]")
    );
    let (_plain, mut client) = opened(Dialect::full());
    client.ok("SELECT INBOX");
    assert!(client.answer(&replace(1, "INBOX")).starts_with("BAD"));
}
