//! Mail that was handed over as a finished message, by `send FILE` or from standard input, and does not leave: it is a draft
//! like any other then, with all that was attached to it and everybody whom it was for.

use sterna::channel::draft::Draft;
use sterna::demo::fault::{Fault, FaultKind};

use crate::composing::{drafts, screen};
use crate::drafts::{on_server, store_of};
use crate::post::{Post, code, errors, printed};
#[cfg(feature = "failpoints")]
use crate::random::count;

/// A mail as another program makes it: two forms of one text, a file, a field that nobody here writes, and a recipient whom
/// the others do not see.
const GIVEN: &str = "From: Anna <anna@example.org>\nTo: Ben <ben@example.org>, cai@example.org\nCc: \"Dot, D.\" <dot@example.org>\n\
    Bcc: eve@example.org\nSubject: Gr\u{fc}\u{df}e\nX-Priority: 1\nIn-Reply-To: <first@example.org>\n\
    References: <first@example.org>\nMessage-ID: <given@example.org>\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=m\n\n\
    --m\nContent-Type: multipart/alternative; boundary=a\n\n\
    --a\nContent-Type: text/plain; charset=utf-8\n\nSch\u{f6}ne Gr\u{fc}\u{df}e\n.\n\
    --a\nContent-Type: text/html; charset=utf-8\n\n<p>Sch\u{f6}ne <b>Gr\u{fc}\u{df}e</b></p>\n--a--\n\
    --m\nContent-Type: application/pdf; name=\"menu.pdf\"\nContent-Disposition: attachment; filename=\"menu.pdf\"\n\
    Content-Transfer-Encoding: base64\n\nbmluZSBsaXZlcw==\n--m--\n";

/// Writes the mail to a file: `send FILE`.
fn line(post: &Post) -> String {
    let file = post.home.path().join("given.eml");
    std::fs::write(&file, GIVEN).unwrap();
    format!("send {}", file.display())
}

/// The server knows no recipient, and says so for good.
fn refuse_all(post: &Post) {
    post.break_smtp(vec![Fault::always(FaultKind::Refuse {
        command: "RCPT".to_owned(),
        answer: "550 5.1.1 No such user".to_owned(),
    })]);
}

/// The only draft, and why it is one.
fn only_draft(post: &Post) -> (Draft, String) {
    let store = store_of(post);
    let mut reader = store.reader().unwrap();
    let rows = reader.drafts().unwrap();
    assert_eq!(rows.len(), 1, "{rows:?}");
    let draft = reader.draft(rows[0].id).unwrap().unwrap();
    store.close();
    (draft, rows[0].reason.to_string())
}

fn check_draft(post: &Post, words: &str) {
    let (draft, reason) = only_draft(post);
    let mail = draft.composition;
    assert_eq!(mail.from, "Anna <anna@example.org>");
    assert_eq!(mail.to, "Ben <ben@example.org>, cai@example.org");
    assert_eq!(mail.cc, "\"Dot, D.\" <dot@example.org>");
    assert_eq!(mail.bcc, "eve@example.org");
    assert_eq!(mail.subject, "Gr\u{fc}\u{df}e");
    assert_eq!(mail.body, "Sch\u{f6}ne Gr\u{fc}\u{df}e\n.\n");
    assert_eq!(mail.in_reply_to.as_deref(), Some("first@example.org"));
    assert_eq!(mail.references, ["first@example.org"]);
    let files: Vec<&str> = mail.attachments.iter().map(|file| &file.name[..]).collect();
    assert_eq!(files, ["menu.pdf"]);
    assert!(reason.contains(words), "{reason}");
}

/// Opens the only draft on the screen and sends it; what cannot be kept of it is said before.
fn send_from_the_screen(post: &Post) {
    let mut screen = screen(post);
    screen.keys("gw");
    screen.wait_for("Drafts on this machine");
    screen.wait_for("Gr\u{fc}\u{df}e");
    screen.keys("\r");
    screen.wait_for("Subject  Gr\u{fc}\u{df}e");
    screen.wait_for("menu.pdf");
    screen.keys("\x1b");
    screen.wait_for("Enter type");
    screen.keys("y");
    screen
        .wait_for_words("Of the mail as it was given this is not in this draft: HTML, X-Priority.");
    screen.keys("Y");
    screen.wait_for_words("Sending in");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
}

/// The mail left once, to everybody, with its file.
fn check_sent(post: &Post) {
    post.cure();
    let sent = post.server.submissions();
    assert_eq!(sent.len(), 1);
    assert_eq!(
        sent[0].to,
        [
            "ben@example.org",
            "cai@example.org",
            "dot@example.org",
            "eve@example.org"
        ]
    );
    let text = String::from_utf8_lossy(&sent[0].data);
    assert!(text.contains("bmluZSBsaXZlcw=="), "{text}");
    assert!(!text.contains("eve@"), "{text}");
    assert!(drafts(post).is_empty());
}

#[test]
fn a_given_mail_that_is_refused_is_a_draft_with_the_servers_words_and_goes_when_it_is_mended() {
    let post = Post::new();
    refuse_all(&post);
    let sent = post.sterna(&line(&post));
    assert_eq!((code(&sent), printed(&sent)), (65, "failed".to_owned()));
    assert!(errors(&sent).contains("No such user"), "{}", errors(&sent));
    assert!(errors(&sent).contains("drafts"), "{}", errors(&sent));
    check_draft(&post, "No such user");
    let rows = post.json("outbox --json");
    assert_eq!(rows.as_array().unwrap().len(), 1);
    assert_eq!(rows[0]["state"], "failed");
    assert_eq!(rows[0]["in_drafts"], true);
    let number = rows[0]["id"].to_string();
    let shown = printed(&post.sterna(&format!("outbox show {number}")));
    assert!(shown.contains("failed, in the drafts"), "{shown}");
    let list = printed(&post.sterna("outbox list"));
    assert!(list.contains("failed, in the drafts"), "{list}");
    // Another machine finds it in the folder, with its file.
    post.cure();
    assert_eq!(on_server(&post).len(), 1);
    let uid = post.server.truth("Drafts")[0].uid;
    let copy = post.server.raw("Drafts", uid).unwrap();
    assert!(String::from_utf8_lossy(&copy).contains("bmluZSBsaXZlcw=="));
    send_from_the_screen(&post);
    check_sent(&post);
    assert_eq!(post.json("outbox --json"), serde_json::json!([]));
}

#[test]
fn a_given_mail_comes_from_standard_input_and_is_refused() {
    let post = Post::new();
    refuse_all(&post);
    let sent = post.send_from_input(GIVEN);
    assert_eq!((code(&sent), printed(&sent)), (65, "failed".to_owned()));
    check_draft(&post, "No such user");
    // To the letter as it was given, where it is only tried again.
    post.break_smtp(Vec::new());
    let number = post.json("outbox --json")[0]["id"].to_string();
    let again = post.sterna(&format!("outbox retry {number}"));
    assert_eq!(printed(&again), "sent", "{}", errors(&again));
    let text = String::from_utf8(post.server.submissions().remove(0).data).unwrap();
    assert!(text.contains("X-Priority: 1") && text.contains("<b>"));
    assert!(drafts(&post).is_empty());
}

#[test]
fn a_given_mail_is_edited_out_of_the_outbox_before_it_left_and_after_it_was_refused() {
    for is_refused in [false, true] {
        let post = Post::new();
        refuse_all(&post);
        let way = if is_refused { "" } else { "--offline " };
        post.sterna(&format!("{way}{}", line(&post)));
        let number = post.json("--offline outbox --json")[0]["id"].to_string();
        let edited = post.sterna(&format!("--offline outbox edit {number}"));
        assert_eq!(code(&edited), 0, "{}", errors(&edited));
        check_draft(&post, "");
        assert_eq!(post.json("--offline outbox --json"), serde_json::json!([]));
        post.break_smtp(Vec::new());
        send_from_the_screen(&post);
        check_sent(&post);
    }
}

/// What was attached lies with the draft, not with the mail that it was: also after that is over, and after a second refusal.
#[test]
fn a_given_mail_keeps_what_was_attached_as_often_as_it_is_refused() {
    let post = Post::new();
    refuse_all(&post);
    post.sterna(&line(&post));
    send_from_the_screen(&post);
    post.sterna("sync");
    check_draft(&post, "No such user");
    let rows = post.json("outbox --json");
    assert_eq!(rows.as_array().unwrap().len(), 1, "{rows}");
    let number = rows[0]["id"].to_string();
    assert_eq!(code(&post.sterna(&format!("outbox drop {number}"))), 0);
    post.break_smtp(Vec::new());
    send_from_the_screen(&post);
    check_sent(&post);
}

/// Before and after everything that becomes durable.
#[cfg(feature = "failpoints")]
#[test]
fn a_refused_given_mail_is_one_draft_wherever_the_process_ends() {
    let n_kills = count("STERNA_SUBMISSION_KILLS", 1);
    for point in [
        "queue.after-commit",
        "sending.before-commit",
        "sending.after-commit",
        "refused.before-commit",
        "refused.after-commit",
    ] {
        for _ in 0..n_kills {
            let post = Post::new();
            refuse_all(&post);
            let ended = post.ended_at(&line(&post), point);
            assert_eq!(ended.status.code(), Some(100), "{point}");
            post.sterna("sync");
            post.sterna("sync");
            check_draft(&post, "No such user");
            let rows = post.json("outbox --json");
            assert_eq!(rows.as_array().unwrap().len(), 1, "{point}: {rows}");
            // And once more where it is taken out of the outbox.
            let number = rows[0]["id"].to_string();
            for end in ["taken-back.before-commit", "taken-back.after-commit"] {
                post.ended_at(&format!("--offline outbox edit {number}"), end);
                check_draft(&post, "");
            }
            assert_eq!(post.json("--offline outbox --json"), serde_json::json!([]));
        }
    }
}
