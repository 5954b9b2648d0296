//! The server's copy of a draft where a new one can take the place of the old one in one command (RFC 8508): one copy,
//! whatever goes wrong in the middle of it.

use sterna::channel::draft::DraftId;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind};
use sterna::mail::flag::SystemFlag;

use crate::drafts::{discard, on_server, save};
use crate::post::{Post, refuse};

/// A server with a copy of a draft.
fn copied(dialect: Dialect) -> (Post, DraftId) {
    let post = Post::speaking(dialect);
    let draft = save(&post, None, 1);
    post.cure();
    assert_eq!(on_server(&post), ["1"]);
    post.server.clear_log();
    (post, draft)
}

/// The subjects of what lies there and is not marked to go: without UIDPLUS nothing but REPLACE takes one message away.
fn living(post: &Post) -> Vec<String> {
    let truth = post.server.truth("Drafts").into_iter();
    let is_marked = truth.map(|message| message.flags.has(SystemFlag::Deleted));
    let all = on_server(post).into_iter().zip(is_marked);
    let living = all.filter(|(_, is_marked)| !is_marked);
    living.map(|(subject, _)| subject).collect()
}

/// The commands of these names that came, in their order.
fn commands(post: &Post) -> Vec<String> {
    let names = ["APPEND", "UID REPLACE", "UID STORE", "UID EXPUNGE"];
    let log = post.server.log().into_iter().map(|logged| logged.name);
    log.filter(|name| names.contains(&name.as_str())).collect()
}

#[test]
fn a_draft_is_saved_again_in_one_command_where_the_server_can_do_that() {
    let removed = ["APPEND", "UID STORE", "UID EXPUNGE"];
    for (name, dialect, disabled, expected) in [
        ("offered", Dialect::replacing(), "", &["UID REPLACE"][..]),
        (
            "short literals at once",
            Dialect::replacing().without("LITERAL+").with("LITERAL-"),
            "",
            &["UID REPLACE"],
        ),
        (
            "every literal waited for",
            Dialect::replacing().without("LITERAL+"),
            "",
            &["UID REPLACE"],
        ),
        // Nothing tells where the new one is: it is found by its Message-ID.
        (
            "without UIDPLUS",
            Dialect::replacing().without("UIDPLUS"),
            "",
            &["UID REPLACE"],
        ),
        ("switched off", Dialect::replacing(), "REPLACE", &removed),
        ("not offered", Dialect::full(), "", &removed),
    ] {
        let (post, draft) = copied(dialect);
        post.configure(&format!("disable = [\"{disabled}\"]").replace("[\"\"]", "[]"));
        for n in 2..=3 {
            assert_eq!(save(&post, Some(draft), n), draft);
            post.server.clear_log();
            post.cure();
            assert_eq!(on_server(&post), [n.to_string()], "{name}");
            assert_eq!(commands(&post), expected, "{name}");
        }
        let copy = post.server.truth("Drafts").remove(0);
        assert!(copy.flags.names().eq(["\\Seen", "\\Draft"]), "{name}");
        discard(&post, draft);
        post.cure();
        assert!(living(&post).is_empty(), "{name}");
    }
}

#[test]
fn a_replacement_that_was_cut_or_refused_is_there_once_in_the_end() {
    for dialect in [
        Dialect::replacing(),
        Dialect::replacing().without("LITERAL+"),
        Dialect::replacing().without("UIDPLUS"),
    ] {
        let (post, draft) = copied(dialect.clone());
        let command = || "UID REPLACE".to_owned();
        let cut = |after| {
            Fault::once(FaultKind::CutIn {
                command: command(),
                after,
            })
        };
        for (n, faults) in [
            vec![refuse("UID REPLACE", "NO not today")],
            vec![refuse("UID REPLACE", "BAD never heard of it")],
            vec![
                refuse("UID REPLACE", "NO [OVERQUOTA] full"),
                refuse("APPEND", "NO [OVERQUOTA] full"),
            ],
            vec![Fault::once(FaultKind::DropOn { command: command() })],
            // It is done, and its answer never comes, or not whole.
            vec![cut(0)],
            vec![cut(30)],
            vec![
                refuse("UID REPLACE", "NO no"),
                Fault::once(FaultKind::CutIn {
                    command: "APPEND".to_owned(),
                    after: 0,
                }),
            ],
        ]
        .into_iter()
        .enumerate()
        {
            let n = n as u64 + 2;
            save(&post, Some(draft), n);
            post.break_imap(faults.clone());
            post.sterna("sync");
            assert!(!living(&post).is_empty(), "never none: {faults:?}");
            post.cure();
            post.cure();
            assert_eq!(living(&post), [n.to_string()], "{dialect:?} {faults:?}");
        }
    }
}

#[test]
fn what_another_client_made_of_a_draft_stays_beside_the_replacement() {
    let (post, draft) = copied(Dialect::replacing());
    // The other client puts its own version there and removes ours: there is nothing left to be replaced.
    let ours = post.server.truth("Drafts").remove(0).uid;
    let theirs = b"From: anna@example.org\r\nSubject: theirs\r\n\r\nText\r\n";
    post.server
        .deliver("Drafts", theirs, &["\\Draft"], 1_772_532_000);
    post.server.expunge("Drafts", &[ours]);
    save(&post, Some(draft), 2);
    post.cure();
    assert_eq!(on_server(&post), ["theirs", "2"]);
    assert_eq!(
        commands(&post),
        ["UID REPLACE", "APPEND", "UID STORE", "UID EXPUNGE"]
    );
    // From then on ours is replaced again, and theirs is nobody's.
    save(&post, Some(draft), 3);
    post.server.clear_log();
    post.cure();
    assert_eq!(on_server(&post), ["theirs", "3"]);
    assert_eq!(commands(&post), ["UID REPLACE"]);
}

#[test]
fn a_copy_is_known_again_when_the_folder_is_numbered_anew() {
    for (dialect, again) in [
        (Dialect::replacing(), &["UID REPLACE"][..]),
        (Dialect::full(), &["APPEND", "UID STORE", "UID EXPUNGE"]),
    ] {
        let (post, draft) = copied(dialect);
        let ours = post.server.truth("Drafts").remove(0).uid;
        let ours = post.server.raw("Drafts", ours).unwrap();
        // Something else has its number now.
        let other = b"From: anna@example.org\r\nSubject: other\r\n\r\nText\r\n";
        post.server.expunge("Drafts", &[1]);
        post.server.change_uid_validity("Drafts");
        post.server.deliver("Drafts", other, &[], 1_772_532_000);
        post.server.deliver("Drafts", &ours, &[], 1_772_532_000);
        save(&post, Some(draft), 2);
        post.cure();
        assert_eq!(on_server(&post), ["other", "2"]);
        assert_eq!(commands(&post), again);
        // Another client has written in it, and its Message-ID is the same: both stay.
        let ours = post.server.truth("Drafts").remove(1).uid;
        let text = String::from_utf8(post.server.raw("Drafts", ours).unwrap()).unwrap();
        let theirs = text.replace("Subject: 2", "Subject: theirs");
        post.server.expunge("Drafts", &[ours]);
        post.server.change_uid_validity("Drafts");
        post.server
            .deliver("Drafts", theirs.as_bytes(), &[], 1_772_532_000);
        save(&post, Some(draft), 3);
        post.cure();
        assert_eq!(on_server(&post), ["other", "theirs", "3"]);
        // Thrown away, it takes its copy along wherever that is.
        post.server.change_uid_validity("Drafts");
        discard(&post, draft);
        post.cure();
        assert_eq!(on_server(&post), ["other", "theirs"]);
    }
}

#[cfg(feature = "failpoints")]
#[test]
fn ended_at_any_step_of_replacing_a_draft_there_is_one_copy_in_the_end() {
    let (post, draft) = copied(Dialect::replacing());
    let (mut n, mut n_ends) = (1, 0);
    for point in ["copy.before-commit", "copy.after-commit"] {
        for pass in 1..=3 {
            n += 1;
            save(&post, Some(draft), n);
            let ended = post.ended_at("sync", &format!("{point}:{pass}"));
            n_ends += usize::from(ended.status.code() == Some(100));
            post.cure();
            post.cure();
            assert_eq!(on_server(&post), [n.to_string()], "{point}:{pass}");
        }
    }
    assert_eq!(n_ends, 6, "noted, there, the old one gone");
}
