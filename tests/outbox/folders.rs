//! Folders that are made for what the user writes: for the Sent copies and for the drafts.

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};

use crate::drafts::{discard, on_server, save};
use crate::post::{Post, errors, printed, seen};

#[test]
fn a_sent_folder_is_made_where_there_is_none() {
    let post = Post::new();
    post.server.delete_mailbox("Sent");
    post.cure();
    let sent = post.send(1);
    assert_eq!(printed(&sent), "sent", "{}", errors(&sent));
    post.cure();
    assert_eq!(post.seen(1), seen("sent", 1, 1));
}

/// Everything of the user's own lies below `INBOX.` there, and nothing can be made beside it.
#[test]
fn missing_folders_for_sent_mail_and_drafts_are_made_below_the_own_prefix() {
    for (more, sent) in [
        ("", "INBOX.Sent"),
        ("folders = { sent = \"Verschickt\" }", "INBOX.Verschickt"),
        ("folders = { sent = \"INBOX.Out\" }", "INBOX.Out"),
    ] {
        let post = Post::speaking(Dialect::courier());
        post.server.delete_mailbox("Sent");
        post.server.delete_mailbox("Drafts");
        post.configure(more);
        post.cure();
        for n in [1, 2] {
            assert_eq!(printed(&post.send(n)), "sent");
        }
        post.cure();
        let copies = post.server.truth(sent);
        assert_eq!(copies.len(), 2, "{sent}");
        assert_eq!(post.row(2).unwrap()["state"], "sent", "{sent}");
        save(&post, None, 1);
        post.cure();
        assert_eq!(post.server.truth("INBOX.Drafts").len(), 1);
    }
}

#[test]
fn a_folder_of_drafts_is_made_where_there_is_none_for_what_is_to_be_copied() {
    let post = Post::new();
    post.server.delete_mailbox("Drafts");
    post.cure();
    let draft = save(&post, None, 1);
    discard(&post, draft);
    post.cure();
    let made = |post: &Post| {
        let log = post.server.log();
        log.iter().filter(|logged| logged.name == "CREATE").count()
    };
    assert_eq!(made(&post), 0, "nothing is to be copied");
    // Refused, it is asked for once, however many drafts there are, and the next time again.
    save(&post, None, 2);
    save(&post, None, 3);
    post.break_imap(vec![Fault::always(FaultKind::Refuse {
        command: "CREATE".to_owned(),
        answer: "NO not today".to_owned(),
    })]);
    assert_eq!(post.sterna("sync").status.code(), Some(0));
    assert_eq!(made(&post), 1);
    post.cure();
    assert_eq!(
        (made(&post), on_server(&post)),
        (2, vec!["2".to_owned(), "3".to_owned()])
    );
}
