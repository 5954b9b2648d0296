//! The program itself: a person writes on its screen, sends, and reads the mail in INBOX; a script sends from the command
//! line. The Sent folder has one copy of each.

use crate::home::{Account, Home};
use crate::rival::Rival;
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

        arrived(&home, 2);
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
