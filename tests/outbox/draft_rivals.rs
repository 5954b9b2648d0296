//! What others do to a draft while its copy on the server is made: nothing of theirs is removed, and nothing comes back.

use std::time::Duration;

use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};

use crate::drafts::{discard, on_server, save};
use crate::post::{GUARD, Post};

#[test]
fn what_another_client_made_of_a_copy_whose_answer_was_lost_stays() {
    for (command, dialect) in [
        ("APPEND", Dialect::full()),
        ("UID REPLACE", Dialect::replacing()),
    ] {
        let post = Post::speaking(dialect);
        let draft = save(&post, None, 1);
        post.cure();
        save(&post, Some(draft), 2);
        post.break_imap(vec![Fault::once(FaultKind::CutIn {
            command: command.to_owned(),
            after: 0,
        })]);
        post.sterna("sync");
        post.break_imap(Vec::new());
        // The copy is there, and nobody here was told. The other client goes on with it, under the same Message-ID.
        let ours = post.server.truth("Drafts").pop().unwrap().uid;
        let text = String::from_utf8(post.server.raw("Drafts", ours).unwrap()).unwrap();
        let theirs = text.replace("Subject: 2", "Subject: theirs");
        post.server.expunge("Drafts", &[ours]);
        post.server
            .deliver("Drafts", theirs.as_bytes(), &["\\Draft"], 1_772_532_000);
        post.cure();
        post.cure();
        assert_eq!(on_server(&post), ["theirs", "2"], "{command}");
        discard(&post, draft);
        post.cure();
        assert_eq!(on_server(&post), ["theirs"], "{command}");
    }
}

#[test]
fn a_draft_that_is_discarded_while_others_are_copied_does_not_come_back() {
    let post = Post::new();
    let drafts: Vec<_> = (1..=4).map(|n| save(&post, None, n)).collect();
    post.break_imap(vec![Fault::always(FaultKind::Delay(
        Duration::from_millis(200),
    ))]);
    let mut sync = post.spawn("sync");
    let is_begun =
        |log: &[sterna::demo::shared::Logged]| log.iter().any(|entry| entry.name == "APPEND");
    assert!(post.server.await_log(GUARD, is_begun));
    // However fast the copies are made: it is one that was made, or one that is not made any more.
    discard(&post, drafts[3]);
    post.break_imap(Vec::new());
    sync.wait().unwrap();
    post.cure();
    assert_eq!(on_server(&post), ["1", "2", "3"]);
}
