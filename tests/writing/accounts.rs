//! A user with two accounts, each on servers of its own.

use std::fs::OpenOptions;
use std::io::Write as _;

use sterna::demo::server::{Options, Server};
use sterna::mail::flag::SystemFlag;
use sterna::mail::mailbox::Role;

use crate::post::Post;
use crate::pty::Pty;
use crate::{n_sent, open};

/// Anna's account, and beside it that of her club.
fn with_club() -> (Post, Server) {
    let (post, club) = (Post::new(), Server::start(Options::default()).unwrap());
    club.create("Sent", Some(Role::Sent));
    club.create("Drafts", Some(Role::Drafts));
    let file = post.home.path().join(".config/sterna/config.toml");
    let mut file = OpenOptions::new().append(true).open(file).unwrap();
    write!(
        file,
        "[accounts.club]\nname = \"A. Abel\"\nemail = \"abel@club.example\"\nuser = \"demo\"\n\
         password-plaintext = \"demo\"\noffline = \"headers\"\n\
         imap = {{ host = \"127.0.0.1\", port = {}, security = \"plain\" }}\n\
         smtp = {{ host = \"127.0.0.1\", port = {}, security = \"plain\" }}\n",
        club.imap_addr().port(),
        club.smtp_addr().port()
    )
    .unwrap();
    post.cure();
    (post, club)
}

/// A screen on which the mail about the regatta is open, so that it is on this machine.
fn reading(post: &Post) -> Pty {
    let screen = open(post);
    screen.wait_for("The regatta");
    screen.keys("\r");
    screen.wait_for("Who comes?");
    screen
}

/// Puts a mail into Anna's INBOX and answers it to all; what the servers took then: hers, the club's.
fn answered(post: &Post, club: &Server, to: &str) -> [Vec<(Vec<String>, String)>; 2] {
    let mail = format!(
        "From: Bob <bob@b.example>\r\nTo: {to}\r\nCc: Carl <carl@c.example>\r\nSubject: The regatta\r\n\
         Message-ID: <regatta@b.example>\r\n\r\nWho comes?\r\n"
    );
    post.server
        .deliver("INBOX", mail.as_bytes(), &[], 1_773_846_000);
    let mut screen = reading(post);
    screen.keys("a");
    screen.wait_for("Re: The regatta");
    screen.keys("I do.");
    screen.wait_for("I do.");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("y");
    screen.wait_for("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    post.cure(); // What was to be filed and flagged is.
    [&post.server, club].map(|server| {
        let taken = server.submissions().into_iter();
        let text = |data: Vec<u8>| String::from_utf8(data).unwrap();
        taken.map(|mail| (mail.to, text(mail.data))).collect()
    })
}

fn n_copies(server: &Server) -> usize {
    server.truth("Sent").len()
}

#[test]
fn an_answer_to_all_leaves_out_the_own_addresses_of_both_accounts() {
    let (post, club) = with_club();
    let [here, there] = answered(
        &post,
        &club,
        "anna@example.org, Abel <abel@club.example>, Dot <dot@d.example>",
    );
    let [(to, data)] = &here[..] else {
        panic!("{here:?}");
    };
    assert_eq!(to[..], ["bob@b.example", "dot@d.example", "carl@c.example"]);
    for line in [
        "From: Anna Abel <anna@example.org>\r\n",
        "Cc: Dot <dot@d.example>, Carl <carl@c.example>\r\n",
    ] {
        assert!(data.contains(line), "{line:?}: {data}");
    }
    assert!(!data.contains("abel@club.example"), "{data}");
    assert_eq!(there, []);
    assert_eq!((n_copies(&post.server), n_copies(&club)), (1, 0));
}

/// The mail came to the club, whatever account it lies in: the club's server sends it, and the club's Sent has it.
#[test]
fn mail_to_an_address_of_the_other_account_is_answered_by_that_account() {
    let (post, club) = with_club();
    let [here, there] = answered(&post, &club, "Abel <abel@club.example>");
    let [(to, data)] = &there[..] else {
        panic!("{there:?}");
    };
    assert_eq!(to[..], ["bob@b.example", "carl@c.example"]);
    assert!(data.contains("<abel@club.example>\r\n"), "{data}");
    assert!(!data.contains("anna@example.org"), "{data}");
    assert_eq!(here, []);
    assert_eq!((n_copies(&post.server), n_copies(&club)), (0, 1));
    // What was answered says so where it lies.
    let [answered] = &post.server.truth("INBOX")[..] else {
        panic!("one mail");
    };
    assert!(answered.flags.has(SystemFlag::Answered));
}

#[test]
fn a_bounce_is_given_on_by_the_account_that_was_written_to() {
    let (post, club) = with_club();
    let mail = b"From: Bob <bob@b.example>\r\nTo: abel@club.example\r\nSubject: The regatta\r\n\r\nWho comes?\r\n";
    post.server.deliver("INBOX", mail, &[], 1_773_846_000);
    let mut screen = reading(&post);
    screen.keys("B");
    screen.wait_for("bounce to: ");
    screen.keys("cai@example.org\r");
    screen.wait_for("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert_eq!(n_sent(&post), 0);
    let [sent] = &club.submissions()[..] else {
        panic!("one mail");
    };
    assert_eq!(sent.from, "abel@club.example");
    let data = String::from_utf8_lossy(&sent.data);
    assert!(
        data.contains("Resent-From: \"A. Abel\" <abel@club.example>\r\n"),
        "{data}"
    );
}
