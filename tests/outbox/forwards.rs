//! Forwards whose original goes meanwhile: what they take of it stays with them.

use crate::composing::{drafts, screen};
use crate::post::Post;

/// A mailbox with a message that has a file.
fn with_photos() -> (Post, u32) {
    let post = Post::new();
    let raw = "From: zoe@example.org\r\nTo: anna@example.org\r\nSubject: Photos\r\nMIME-Version: 1.0\r\n\
               Message-ID: <photos@example.org>\r\n\
               Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nLook at these.\r\n--b\r\n\
               Content-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nnine lives\r\n--b--\r\n";
    let uid = post
        .server
        .deliver("INBOX", raw.as_bytes(), &[], 1_772_532_000);
    (post, uid)
}

/// The two ways to forward it, and what of it the mail that leaves has then.
const WAYS: [(&str, &str); 2] = [("f", "bmluZSBsaXZlcw=="), ("W", "nine lives")];

fn check_sent(post: &Post, part: &str) {
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    let text = String::from_utf8(sent[0].data.clone()).unwrap();
    assert!(text.contains(part), "{text}");
    assert!(drafts(post).is_empty());
}

#[test]
fn a_kept_forward_has_its_attachment_after_the_original_was_expunged() {
    for (key, part) in WAYS {
        let (post, uid) = with_photos();
        let mut first = screen(&post);
        first.wait_for("Look at these.");
        first.keys(key);
        first.wait_for("Fwd: Photos");
        first.keys("ben@example.org\r");
        first.wait_for("ben@example.org");
        first.keys("\x1b");
        first.wait_for("Enter type");
        first.keys("q");
        first.wait_for_words("kept as a draft");
        first.keys("Q");
        assert!(first.wait_for_end().success());
        post.server.expunge("INBOX", &[uid]);
        post.cure();
        let mut second = crate::composing::send_the_draft(&post);
        second.wait_for_words("Sending in");
        second.keys("Q");
        assert!(second.wait_for_end().success());
        check_sent(&post, part);
    }
}

#[test]
fn a_forward_that_is_only_begun_has_its_attachment_after_the_original_was_expunged() {
    for (key, part) in WAYS {
        let (post, uid) = with_photos();
        let mut screen = screen(&post);
        screen.wait_for("Look at these.");
        screen.keys(key);
        screen.wait_for("Fwd: Photos");
        crate::composing::wait_until("it is kept", crate::post::GUARD, || {
            !drafts(&post).is_empty()
        });
        post.server.expunge("INBOX", &[uid]);
        // Seen where the list is.
        screen.keys("\x1b");
        screen.wait_for("Enter type");
        screen.keys("\x1b");
        screen.wait_for_words("No messages in Inbox");
        screen.keys("gc");
        screen.wait_for("Fwd: Photos");
        screen.keys("\rben@example.org\r");
        screen.wait_for("ben@example.org");
        screen.keys("\x1b");
        screen.wait_for("Enter type");
        screen.keys("y");
        screen.wait_for_words("Sending in");
        screen.keys("Q");
        assert!(screen.wait_for_end().success());
        check_sent(&post, part);
    }
}

#[test]
fn a_forward_that_nobody_typed_at_leaves_no_draft_when_it_is_closed() {
    let (post, _) = with_photos();
    let mut screen = screen(&post);
    screen.wait_for("Look at these.");
    screen.keys("f");
    screen.wait_for("Fwd: Photos");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("q");
    screen.wait_for_words("nothing was typed, no draft is kept");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    assert!(drafts(&post).is_empty());
    post.cure();
    assert!(crate::drafts::on_server(&post).is_empty());
}
