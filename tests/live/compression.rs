//! COMPRESS as Dovecot speaks it: asked for behind the first flight, and everything that follows is compressed.

use std::io::Read as _;

use flate2::read::DeflateDecoder;

use crate::chaos::{Proxy, Traffic};
use crate::home::Account;
use crate::rival::{Rival, numbers};
use crate::server::{Server, live};

/// What both sides said, compression undone; and whether there was any.
fn plain(traffic: &Traffic) -> (String, String, bool) {
    let asked = behind_line(&traffic.asked, b"COMPRESS DEFLATE");
    let answered = behind_line(&traffic.answered, b"OK Begin compression");
    let undo = |bytes: &[u8], at: Option<usize>| {
        let (clear, compressed) = bytes.split_at(at.unwrap_or(bytes.len()));
        let mut text = clear.to_vec();
        // The connection ends where the program says goodbye, not where the stream would.
        let _ = DeflateDecoder::new(compressed).read_to_end(&mut text);
        String::from_utf8_lossy(&text).into_owned()
    };
    (
        undo(&traffic.asked, asked),
        undo(&traffic.answered, answered),
        answered.is_some(),
    )
}

/// Where the line that holds these words ends.
fn behind_line(bytes: &[u8], words: &[u8]) -> Option<usize> {
    let at = bytes
        .windows(words.len())
        .position(|window| window == words)?;
    let end = bytes[at..].iter().position(|byte| *byte == b'\n')?;
    Some(at + end + 1)
}

#[test]
fn everything_behind_the_answer_is_compressed() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=1500, "\\Seen"));
    let proxy = Proxy::new(server.plain_port);
    let home = Account::through(&proxy, &user).compressed().home();
    home.ok(&["sync"]);
    home.assert_same(&mut rival, &["INBOX"]);
    let traffic = proxy.take();
    assert_eq!(traffic.len(), 1);
    let (asked, answered, is_compressed) = plain(&traffic[0]);
    assert!(asked.contains("LOGOUT"), "{asked}");
    assert!(answered.contains("Number 1 here"), "{}", answered.len());
    let n_wire = traffic[0].answered.len();
    if live("COMPRESS") == "yes" {
        assert!(is_compressed, "{asked}");
        assert!(
            n_wire * 4 < answered.len(),
            "{n_wire} bytes for {}",
            answered.len()
        );
        eprintln!("{n_wire} bytes on the wire for {}", answered.len());
    } else {
        // A server without it is not asked.
        assert!(!is_compressed && !asked.contains("COMPRESS"));
    }
    // Switched off, nothing of it is said.
    let home = Account::through(&proxy, &user)
        .compressed()
        .disable(&["COMPRESS"])
        .home();
    home.ok(&["sync"]);
    let (asked, _, is_compressed) = plain(&proxy.take()[0]);
    assert!(!is_compressed && !asked.contains("COMPRESS"));
}

#[test]
fn the_screen_watches_over_it() {
    let server = Server::shared();
    let user = server.fresh_user();
    let mut rival = Rival::new(&server, &user);
    rival.append("INBOX", &numbers(1..=300, "\\Seen"));
    let home = Account::tls(&server, &user).compressed().home();
    let mut screen = home.screen(120, 40);
    screen.wait_for("Number 300 here");
    screen.wait_for("online");
    rival.deliver("INBOX", "Fresh from elsewhere");
    screen.wait_for("Fresh from elsewhere");
    home.wait_until_same(&mut rival, &["INBOX"]);
    screen.keys("q");
    screen.wait_for_end();
}
