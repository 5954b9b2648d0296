//! The end of the program while mail is on its way, in a pseudo-terminal: what is waited for, what stays, and what is said
//! of it on the shell and at the next start.

use std::fs;
use std::time::Duration;

use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::server::{Options, Server};

use crate::composing::screen;
use crate::post::{GUARD, Post, code, errors, seen};
use crate::pty::Pty;

/// Puts mails into the outbox of a program that is to be started yet.
fn queue(post: &Post, n_mails: usize) {
    for n in 0..n_mails {
        let queued = post.sterna(&format!("--offline {}", post.line(n, 100)));
        assert_eq!(code(&queued), 0, "{}", errors(&queued));
    }
}

/// The submission server takes its time for every answer.
fn slow(post: &Post, milliseconds: u64) {
    let delay = FaultKind::Delay(Duration::from_millis(milliseconds));
    post.break_smtp(vec![Fault::always(delay)]);
}

/// The program, from the moment at which the server has heard the end of a mail and has not answered.
fn screen_that_sends(post: &Post) -> Pty {
    post.server.clear_log();
    let screen = screen(post);
    assert!(post.server.await_command(".", GUARD));
    screen
}

#[test]
fn the_end_waits_for_all_mail_that_is_on_its_way() {
    let post = Post::new();
    queue(&post, 3);
    slow(&post, 300);
    let mut screen = screen_that_sends(&post);
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    for n in 0..3 {
        assert_eq!(post.seen(n).n_taken, 1, "mail {n}");
    }
    // For the last copies there are two seconds, which may be too few for a busy machine.
    if screen.text().contains("sterna:") {
        assert!(screen.text().contains("filed with the next start"));
        post.cure();
    }
    for n in 0..3 {
        assert_eq!(post.seen(n), seen("sent", 1, 1), "mail {n}");
    }
}

#[test]
fn who_asks_again_leaves_what_was_not_begun_and_hears_of_it_twice() {
    const N_MAILS: usize = 8;
    let post = Post::new();
    queue(&post, N_MAILS);
    slow(&post, 500);
    let mut screen = screen_that_sends(&post);
    // The second mail would take half a minute: nobody is as late as that.
    slow(&post, 5_000);
    screen.keys("Q");
    screen.wait_for_words("again leaves them in the outbox");
    screen.keys("q");
    assert!(screen.wait_for_end().success());
    let fates: Vec<_> = (0..N_MAILS).map(|n| post.seen(n)).collect();
    let n_sent = fates.iter().filter(|fate| fate.state == "sent").count();
    assert!((1..N_MAILS - 1).contains(&n_sent), "{fates:?}");
    // What was being sent came to its end.
    for (n, fate) in fates.iter().enumerate() {
        let expected = if n < n_sent {
            ("sent", 1)
        } else {
            ("queued", 0)
        };
        assert_eq!((fate.state.as_str(), fate.n_taken), expected, "{fates:?}");
    }
    let n_left = N_MAILS - n_sent;
    let said =
        format!("sterna: {n_left} mails are in the outbox; they are sent with the next start");
    assert!(screen.text().contains(&said), "{}", screen.text());
    post.break_smtp(Vec::new());
    let mut again = Pty::sterna(&["--offline"], post.home.path(), 120, 36);
    again.wait_for_words("mails in the outbox, go lists it");
    again.keys("gO");
    for n in 0..N_MAILS {
        post.await_sent(n);
    }
    again.keys("Q");
    assert!(again.wait_for_end().success());
}

#[test]
fn the_end_does_not_wait_for_a_server_that_is_away() {
    let post = Post::new();
    let away = Server::start(Options::default()).unwrap();
    away.pause();
    let file = post.home.path().join(".config/sterna/config.toml");
    let named = |server: &Server| format!("port = {},", server.smtp_addr().port());
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&named(&post.server), &named(&away))).unwrap();
    queue(&post, 3);
    let mut screen = screen(&post);
    screen.keys("go");
    screen.wait_until("each says why it waits", |screen| {
        let text = screen.contents();
        text.matches("no connection").count() == 3 && text.matches("again in").count() == 3
    });
    screen.keys("\x1b");
    screen.wait_without("╭ Outbox");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let said = "sterna: 3 mails are in the outbox; they are sent with the next start";
    assert!(screen.text().contains(said), "{}", screen.text());
    assert_eq!(
        post.server.submissions().len() + away.submissions().len(),
        0
    );
}
