//! NAMESPACE, NOTIFY, OBJECTID, PREVIEW and Gmail's labels.

use sterna::demo::dialect::Dialect;
use sterna::demo::namespace::{Namespace, Namespaces};
use sterna::demo::server::{Options, Server};

use crate::client::{Client, GUARD, message};

fn server(capabilities: &[&str]) -> Server {
    let dialect = capabilities
        .iter()
        .fold(Dialect::full(), |dialect, name| dialect.with(name));
    let options = Options {
        dialect,
        ..Options::default()
    };
    Server::start(options).unwrap()
}

fn space(prefix: &str, delimiter: Option<char>) -> Namespace {
    Namespace {
        prefix: prefix.to_owned(),
        delimiter,
    }
}

#[test]
fn each_namespace_has_its_delimiter_and_may_stand_apart() {
    let server = server(&[]);
    server.set_namespaces(Namespaces {
        personal: vec![space("INBOX.", Some('.'))],
        others: vec![space("#user.", Some('.'))],
        shared: vec![space("#news/", None)],
        are_apart: true,
    });
    for name in ["INBOX.a/b.c", "#user.anna", "#news/x.y"] {
        server.create(name, None);
    }
    let mut client = Client::login(&server);
    assert_eq!(
        client.ok("NAMESPACE"),
        ["* NAMESPACE ((\"INBOX.\" \".\")) ((\"#user.\" \".\")) ((\"#news/\" NIL))"]
    );
    assert_eq!(
        client.ok("LIST \"\" \"*\""),
        [
            "* LIST (\\HasChildren) \".\" \"INBOX\"",
            "* LIST (\\HasNoChildren) \".\" \"INBOX.a/b.c\""
        ]
    );
    assert_eq!(
        client.ok("LIST \"\" \"#news/%\""),
        ["* LIST (\\HasNoChildren) NIL \"#news/x.y\""]
    );
    assert_eq!(client.ok("LIST \"\" \"#user.%\"").len(), 1);
}

#[test]
fn notify_tells_of_other_mailboxes_until_it_overflows() {
    let server = server(&["NOTIFY"]);
    server.create("Archive", None);
    let mut client = Client::login(&server);
    client.ok("SELECT INBOX");
    assert!(
        client
            .answer("NOTIFY SET (personal (Nonsense))")
            .starts_with("NO [BADEVENT")
    );
    let lines = client.ok(
        "NOTIFY SET STATUS (selected-delayed (MessageNew MessageExpunge FlagChange)) \
         (personal (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))",
    );
    assert!(
        lines.len() == 1 && lines[0].starts_with("* STATUS \"Archive\" ("),
        "{lines:?}"
    );
    client.send("i IDLE\r\n");
    assert_eq!(client.line(), "+ idling");
    assert!(server.await_command("IDLE", GUARD));
    server.deliver("Archive", message("a").as_bytes(), &[], 0);
    let line = client.line();
    assert!(
        line.starts_with("* STATUS \"Archive\" (MESSAGES 1 UIDNEXT 2"),
        "{line}"
    );
    server.deliver("INBOX", message("b").as_bytes(), &[], 0);
    assert_eq!(client.line(), "* 1 EXISTS");
    assert_eq!(client.line(), "* 0 RECENT");
    server.rename_mailbox("Archive", "Old");
    assert_eq!(
        client.line(),
        "* LIST () \"/\" \"Old\" (\"OLDNAME\" (\"Archive\"))"
    );
    assert!(client.line().starts_with("* STATUS \"Old\" (MESSAGES 1"));
    server.delete_mailbox("Old");
    assert_eq!(client.line(), "* LIST (\\NonExistent) \"/\" \"Old\"");
    server.overflow_notifications();
    assert!(client.line().starts_with("* OK [NOTIFICATIONOVERFLOW]"));
    server.create("New", None);
    server.deliver("INBOX", message("c").as_bytes(), &[], 0);
    client.send("DONE\r\n");
    assert!(
        client.line().starts_with("i OK"),
        "nothing is told any more"
    );
}

#[test]
fn mailboxes_and_messages_have_names_of_their_own() {
    let server = server(&["OBJECTID", "PREVIEW", "X-GM-EXT-1"]);
    server.deliver("INBOX", message("a").as_bytes(), &[], 0);
    server.also_in("INBOX", 1, "Work");
    let mut client = Client::login(&server);
    let id = |lines: &[String]| {
        let line = lines
            .iter()
            .find(|line| line.contains("MAILBOXID"))
            .unwrap();
        line.split_once("MAILBOXID ")
            .unwrap()
            .1
            .split_once(')')
            .unwrap()
            .0
            .to_owned()
    };
    let before = id(&client.ok("STATUS Work (MAILBOXID)"));
    server.rename_mailbox("Work", "Play");
    server.change_uid_validity("Play");
    assert_eq!(id(&client.ok("SELECT Play")), before);
    let items = "(EMAILID THREADID PREVIEW (LAZY) X-GM-MSGID X-GM-LABELS)";
    let there = client.ok(&format!("FETCH 1 {items}"));
    client.ok("SELECT INBOX");
    let here = client.ok(&format!("FETCH 1 {items}"));
    // The label under which a message is looked at is left out.
    let (mine, others) = ("X-GM-LABELS (\"Play\")", "X-GM-LABELS (\"\\\\Inbox\")");
    assert!(there[0].contains(others), "{there:?}");
    assert_eq!(here[0].replace(mine, others), there[0], "one content");
    assert!(
        there[0].contains("THREADID (T") && there[0].contains("PREVIEW {"),
        "{there:?}"
    );
    assert!(client.answer("FETCH 1 ((LAZY) UID)").starts_with("BAD"));
}
