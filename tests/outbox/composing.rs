//! Somebody writes on the screen: where the drafts are meanwhile, here and on the server.

use std::thread;
use std::time::{Duration, Instant};

use sterna::channel::draft::Draft;

use crate::drafts::{on_server, store_of};
use crate::post::Post;
use crate::pty::Pty;

/// A copy that is made because a draft rests comes after a minute; one that is made at once takes a hundredth of this.
const AT_ONCE: Duration = Duration::from_secs(45);

/// The program's screen, with its account online.
pub fn screen(post: &Post) -> Pty {
    let _ = std::fs::create_dir_all(post.home.path().join("runtime"));
    let screen = Pty::sterna(&[], post.home.path(), 120, 36);
    screen.wait_for("online");
    screen
}

/// Begins a mail, up to its text.
pub fn write(screen: &Pty, subject: &str, text: &str) {
    screen.keys("c");
    screen.wait_for("New mail");
    screen.keys("ben@example.org\r\r\r");
    screen.keys(&format!("{subject}\r{text}"));
    screen.wait_for(text);
}

/// The drafts in the store.
pub fn drafts(post: &Post) -> Vec<Draft> {
    let store = store_of(post);
    let mut reader = store.reader().unwrap();
    let rows = reader.drafts().unwrap();
    let drafts = rows.iter().filter_map(|row| reader.draft(row.id).unwrap());
    let drafts = drafts.collect();
    store.close();
    drafts
}

/// Waits until something is so; where it is not after a while, says what was waited for.
pub fn wait_until(what: &str, guard: Duration, mut is_so: impl FnMut() -> bool) {
    let until = Instant::now() + guard;
    while !is_so() {
        assert!(Instant::now() < until, "never came: {what}");
        thread::park_timeout(Duration::from_millis(20));
    }
}

/// What lies in the Drafts folder of the server.
fn copies(post: &Post) -> Vec<String> {
    let truth = post.server.truth("Drafts").into_iter();
    let raw = truth.filter_map(|message| post.server.raw("Drafts", message.uid));
    raw.map(|raw| String::from_utf8(raw).unwrap()).collect()
}

fn is_copied(post: &Post, text: &str) -> bool {
    matches!(&copies(post)[..], [one] if one.contains(text))
}

#[test]
fn the_server_has_a_draft_at_once_when_its_composer_is_left_or_the_program_ends() {
    let post = Post::new();
    let mut screen = screen(&post);
    write(&screen, "Lunch", "First words.");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("\x1b");
    screen.wait_without("Enter type");
    wait_until("a copy", AT_ONCE, || is_copied(&post, "First words."));
    screen.keys("gc");
    screen.wait_for("Enter type");
    screen.keys("\rMore words. ");
    screen.wait_for("More words.");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    let ended = Instant::now();
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(drafts(&post)[0].composition.body.contains("More words."));
    // Nobody waits longer than that for a program that was left.
    if ended.elapsed() < Duration::from_secs(2) {
        assert!(is_copied(&post, "More words."), "{:?}", copies(&post));
    }
    post.cure();
    assert!(is_copied(&post, "More words."), "{:?}", copies(&post));
}

#[test]
fn a_draft_of_another_client_is_gone_on_with_and_stays_one_here_and_there() {
    let post = Post::new();
    let raw = b"From: Anna <anna@example.org>\r\nTo: zoe@example.org\r\nSubject: Begun there\r\n\r\nTheir words.\r\n";
    let deliver = || {
        post.server
            .deliver("Drafts", raw, &["\\Draft"], 1_772_532_000)
    };
    deliver();
    let mut screen = screen(&post);
    screen.wait_for("Drafts");
    screen.keys("gf");
    screen.keys("drafts\r");
    screen.wait_for("Their words.");
    screen.keys("\r");
    screen.wait_for("Subject  Begun there");
    screen.keys("Our words. ");
    screen.wait_for("Our words.");
    screen.keys("\x1b[Z, ended here");
    screen.wait_for("Begun there, ended here");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("q");
    screen.wait_for_words("kept as a draft");
    wait_until("our copy, and it alone", AT_ONCE, || {
        is_copied(&post, "Our words.")
    });
    // The copy that is ours opens the draft that is here.
    screen.wait_for("Begun there, ended here");
    screen.wait_for("Our words.");
    screen.keys("\r");
    screen.wait_for("Subject  Begun there, ended here");
    screen.keys("Once more. ");
    screen.wait_for("Once more.");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("q");
    wait_until("one copy again", AT_ONCE, || is_copied(&post, "Once more."));
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let drafts = drafts(&post);
    assert_eq!(drafts.len(), 1, "{drafts:?}");
    assert_eq!(on_server(&post), ["Begun there, ended here"]);
}

/// Begins to forward a message with an attachment, which is then no longer on this machine.
fn with_a_forward_without_its_message() -> Post {
    let post = Post::new();
    let padding = "x".repeat(2_000);
    let raw = format!(
        "From: zoe@example.org\r\nTo: anna@example.org\r\nSubject: Photos\r\nMIME-Version: 1.0\r\nX-Long: {padding}\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nLook at these.\r\n--b\r\n\
         Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nnine lives\r\n--b--\r\n"
    );
    post.server
        .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000);
    let mut first = screen(&post);
    first.wait_for("Look at these.");
    first.keys("f");
    first.wait_for("Fwd: Photos");
    first.keys("ben@example.org\r");
    first.wait_for("ben@example.org");
    first.keys("\x1b");
    first.wait_for("Enter type");
    first.keys("q");
    first.wait_for_words("kept as a draft");
    first.keys("Q");
    assert!(first.wait_for_end().success());
    // The bodies are disposable, the draft is not.
    let cache = post.home.path().join(".cache/sterna/cache.db");
    let cache = rusqlite::Connection::open(cache).unwrap();
    let n_gone = cache.execute("DELETE FROM body", []).unwrap();
    assert!(n_gone > 0);
    post
}

/// Goes on with the only draft, and sends it.
pub fn send_the_draft(post: &Post) -> Pty {
    let screen = screen(post);
    send_from(&screen);
    screen
}

fn send_from(screen: &Pty) {
    screen.keys("gw");
    screen.wait_for("Drafts on this machine");
    screen.wait_for("Fwd: Photos");
    screen.keys("\r");
    screen.wait_for("Subject  Fwd: Photos");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("y");
}

#[test]
fn a_forward_whose_message_is_not_here_any_more_is_sent_with_it() {
    let post = with_a_forward_without_its_message();
    let mut screen = send_the_draft(&post);
    screen.wait_for_words("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    let text = String::from_utf8(sent[0].data.clone()).unwrap();
    assert!(
        text.contains("a.txt") && text.contains("bmluZSBsaXZlcw=="),
        "{text}"
    );
    assert!(drafts(&post).is_empty());
}

#[test]
fn what_is_dear_is_not_fetched_for_a_forward_without_a_question() {
    let post = with_a_forward_without_its_message();
    post.configure("metered = \"1kB\"");
    let mut screen = send_the_draft(&post);
    screen.wait_for_words("keep it on this machine first");
    screen.wait_for("Subject  Fwd: Photos");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(post.server.submissions().is_empty());
    assert_eq!(drafts(&post).len(), 1);
}

#[test]
fn a_forward_whose_message_is_nowhere_any_more_says_which_attachment_is_gone_and_goes_without_it() {
    let post = with_a_forward_without_its_message();
    let photos = post.server.truth("INBOX").iter().map(|mail| mail.uid).max();
    post.server.expunge("INBOX", &[photos.unwrap()]);
    post.cure();
    let mut screen = send_the_draft(&post);
    screen.wait_for_words(
        "not sent: a.txt is gone, from the server and from this machine; d takes it off",
    );
    screen.wait_for("Subject  Fwd: Photos");
    screen.keys("d");
    screen.wait_for_words("a.txt is not attached any more");
    screen.keys("y");
    screen.wait_for_words("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    let text = String::from_utf8(sent[0].data.clone()).unwrap();
    assert!(
        text.contains("Look at these.") && !text.contains("a.txt"),
        "{text}"
    );
    assert!(drafts(&post).is_empty());
}

#[test]
fn a_forward_finds_its_message_again_when_the_cache_was_lost() {
    let post = with_a_forward_without_its_message();
    std::fs::remove_dir_all(post.home.path().join(".cache/sterna")).unwrap();
    let mut offline = Pty::sterna(&["--offline"], post.home.path(), 120, 36);
    offline.wait_for("offline");
    send_from(&offline);
    offline.wait_for_words("is in INBOX, which is still being read");
    offline.keys("Q");
    assert!(offline.wait_for_end().success());
    let mut online = screen(&post);
    online.wait_for("Look at these.");
    send_from(&online);
    online.wait_for_words("Sending in");
    online.keys("Q");
    assert!(online.wait_for_end().success());
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    assert!(String::from_utf8_lossy(&sent[0].data).contains("bmluZSBsaXZlcw=="));
}

#[test]
fn a_formatted_draft_of_another_client_stays_as_it_is_until_its_text_was_sent() {
    let post = Post::new();
    let raw = b"From: Anna <anna@example.org>\r\nTo: zoe@example.org\r\nSubject: Begun there\r\nMIME-Version: 1.0\r\n\
                Content-Type: text/html; charset=utf-8\r\n\r\n<p>Their <b>words</b>.</p>\r\n";
    post.server
        .deliver("Drafts", raw, &["\\Draft"], 1_772_532_000);
    let note = "Formatted draft: sent as plain text; it stays on the server until then";
    let mut first = screen(&post);
    first.wait_for("Drafts");
    first.keys("gf");
    first.keys("drafts\r");
    first.wait_for("Their words.");
    first.keys("\r");
    first.wait_for_words(note);
    first.keys("Our words. ");
    first.wait_for("Our words.");
    first.keys("\x1b");
    first.wait_for("Enter type");
    first.keys("q");
    first.wait_for_words("kept as a draft");
    first.keys("Q");
    assert!(first.wait_for_end().success());
    post.cure();
    assert_eq!(copies(&post), [String::from_utf8_lossy(raw)]);
    let mut second = screen(&post);
    second.keys("gw");
    second.wait_for("Drafts on this machine");
    second.wait_for("Begun there");
    second.keys("\r");
    second.wait_for_words(note);
    second.keys("\x1b");
    second.wait_for("Enter type");
    second.keys("y");
    second.wait_for("It was formatted in another program");
    second.keys("Y");
    second.wait_for_words("Sending in");
    second.keys("Q");
    assert!(second.wait_for_end().success());
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    let text = String::from_utf8_lossy(&sent[0].data);
    assert!(
        text.contains("Our words.") && !text.contains("<b>"),
        "{text}"
    );
    assert!(copies(&post).is_empty());
}
