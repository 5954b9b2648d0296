//! The program itself: a person writes on its screen, sends, and reads the mail in INBOX; a script sends from the command
//! line. The Sent folder has one copy of each.

use std::path::Path;

use crate::home::{Account, Home};
use crate::pty::Pty;
use crate::rival::Rival;
use crate::sending::foreign::{Seen, read_alike};
use crate::sending::{WAYS, arrived};
use crate::server::Server;

/// The Message-IDs in a folder, by subject.
fn message_ids(home: &Home, folder: &str) -> Vec<(String, String)> {
    let rows = home.rows(folder).into_values();
    let mut found: Vec<_> = rows
        .map(|row| {
            let raw = home.ok(&["show", row["id"].as_str().unwrap(), "--raw"]);
            let head = raw.split("\r\n\r\n").next().unwrap();
            let mut ids = head.lines().filter(|line| line.starts_with("Message-ID: "));
            let id = ids.next().unwrap().to_owned();
            assert_eq!(ids.next(), None);
            (row["subject"].as_str().unwrap().to_owned(), id)
        })
        .collect();
    found.sort();
    found
}

/// Files that the mail of the screen takes along: name, media type, bytes.
const FILES: [(&str, &str, &str); 2] = [
    ("Übersicht 1.txt", "text/plain", "Länge; Breite\n"),
    (
        "inner.eml",
        "message/rfc822",
        "From: zoe@example.org\r\nSubject: Inner\r\n\r\nInner text\r\n",
    ),
];

/// Attaches the files; behind the first one the question begins with its directory.
fn attach(screen: &Pty, directory: &Path) {
    let mut typed = format!("{}/", directory.display());
    for (name, media_type, text) in FILES {
        std::fs::write(directory.join(name), text).unwrap();
        screen.keys(&format!("a{typed}{name}\r"));
        screen.wait_for(media_type);
        typed.clear();
    }
}

/// The text, then the files in their order; within the message its own text.
fn assert_as_written(read: &Seen) {
    let of_file = |n: usize| [FILES[n].1, "attachment", FILES[n].0];
    let expected = [
        ["multipart/mixed", "", ""],
        ["text/plain", "", ""],
        of_file(0),
        of_file(1),
        ["text/plain", "", ""],
    ];
    assert_eq!(read.kinds(), expected.each_ref());
    assert_eq!(read.text().trim_end(), "Grüße vom Bildschirm.");
    assert_eq!(read.parts[2].bytes, FILES[0].2.as_bytes());
    assert_eq!(read.parts[4].bytes, b"Inner text\n");
}

#[test]
fn what_is_written_on_the_screen_is_sent_read_and_filed_once() {
    let server = Server::shared();
    for (way, _) in WAYS {
        let user = server.fresh_user();
        let ui = "mark-read-after = \"never\"\nsend-hold = \"1s\"";
        let home = Account::tls(&server, &user).sending(way).ui(ui).home();
        let to = format!("{}@example.org", user.name);

        let mut screen = home.screen(120, 36);
        screen.wait_for("online");
        screen.keys("c");
        screen.wait_for("New mail");
        screen.keys(&format!("{to}\r\r\r"));
        screen.keys("From the screen\rGrüße vom Bildschirm.");
        screen.wait_for("Grüße vom Bildschirm.");
        screen.keys("\x1b");
        screen.wait_for("Enter type");
        attach(&screen, home.path());
        screen.keys("y");
        screen.wait_for_words("sent: From the screen");
        screen.wait_without("sent: From the screen");
        // It came back, and is read.
        screen.wait_for("From the screen");
        screen.keys("\r");
        screen.wait_for("Grüße vom Bildschirm.");
        screen.keys("Q");
        assert!(screen.wait_for_end().success());

        let file = home.path().join("mail");
        let mail = format!("To: {to}\nSubject: From a script\n\nHello\n.\n");
        std::fs::write(&file, mail).unwrap();
        let said = home.ok(&["send", file.to_str().unwrap()]);
        assert_eq!(said.trim(), "sent", "{way}");

        for (_, subject, raw) in arrived(&home, 2) {
            let read = read_alike(&home.path().join("mail.eml"), &raw);
            assert_eq!(read.headers["Subject"], subject);
            assert_eq!(read.headers["To"], to);
            assert!(read.headers["From"].contains("@example.org"), "{way}");
            if subject == "From the screen" {
                assert_as_written(&read);
            } else {
                assert_eq!((read.parts.len(), read.text().as_str()), (1, "Hello\n.\n"));
            }
        }
        let (inbox, sent) = (message_ids(&home, "INBOX"), message_ids(&home, "Sent"));
        let subjects: Vec<&str> = sent.iter().map(|(subject, _)| subject.as_str()).collect();
        assert_eq!(subjects, ["From a script", "From the screen"], "{way}");
        assert_eq!(inbox, sent, "{way}: what came is what was filed");
        let mut rival = Rival::new(&server, &user);
        let copies = rival.truth("Sent");
        assert_eq!(copies.len(), 2, "{way}: {copies:?}");
        assert!(copies.values().all(|flags| flags.contains("\\Seen")));
        assert_eq!(home.json(&["outbox"]), serde_json::json!([]), "{way}");
    }
}
