//! The copy in the Sent folder: at most one, one in the end, and never a reason to send again.

use sterna::demo::fault::{Fault, FaultKind};
use sterna::demo::smtp::manner::Manner;

use crate::post::{Post, code, errors, id, printed, refuse, seen};
use crate::random::count;

#[test]
fn a_mail_counts_as_sent_whatever_becomes_of_its_copy_which_comes_later() {
    let n_refused = usize::try_from(count("STERNA_REFUSED_COPIES", 10)).unwrap();
    let post = Post::new();
    let faults = [
        refuse("APPEND", "NO [OVERQUOTA] full"),
        refuse("APPEND", "NO not today"),
        Fault::once(FaultKind::DropOn {
            command: "APPEND".to_owned(),
        }),
        // Added, and nobody was told.
        Fault::once(FaultKind::CutIn {
            command: "APPEND".to_owned(),
            after: 0,
        }),
        refuse("EXAMINE", "NO not today"),
    ];
    for n in 0..n_refused {
        post.break_imap(vec![faults[n % faults.len()].clone()]);
        let sent = post.send(n);
        assert_eq!(
            (code(&sent), printed(&sent)),
            (0, "sent".to_owned()),
            "{}",
            errors(&sent)
        );
        assert_eq!(post.seen(n).n_taken, 1);
        post.cure();
        assert_eq!(
            post.seen(n),
            seen("sent", 1, 1),
            "{:?}",
            faults[n % faults.len()]
        );
    }
    post.cure();
    let all: Vec<_> = (0..n_refused).map(|n| post.seen(n)).collect();
    assert!(
        all.iter()
            .all(|seen| (seen.n_taken, seen.n_copies) == (1, 1)),
        "{all:?}"
    );
}

#[test]
fn where_the_server_files_what_it_sends_there_is_one_copy_too() {
    let post = Post::new();
    post.server.set_manner(Manner {
        files_sent: true,
        ..Manner::default()
    });
    let settings = ["", "save-sent = \"always\"", "save-sent = \"never\""];
    let n_filed = usize::try_from(count("STERNA_FILED_COPIES", 5)).unwrap();
    for n in 0..n_filed {
        let more = settings[n % settings.len()];
        post.configure(more);
        let sent = post.send(n);
        assert_eq!(printed(&sent), "sent", "{}", errors(&sent));
        assert_eq!(post.seen(n), seen("sent", 1, 1), "{more}");
    }
}

#[test]
fn no_copy_is_filed_where_none_is_wanted() {
    let post = Post::new();
    post.configure("save-sent = \"never\"");
    assert_eq!(printed(&post.send(1)), "sent");
    assert_eq!(post.seen(1), seen("sent", 1, 0));
}

/// A server finds part of a Message-ID too (RFC 3501 §6.4.4).
#[test]
fn another_mail_whose_id_ends_in_its_own_is_not_its_copy() {
    let post = Post::new();
    let longer = format!(
        "From: anna@example.org\r\nTo: ben@example.org\r\nMessage-ID: <no-{}>\r\n\r\nText\r\n",
        id(1)
    );
    let sent = post.send_from_input(&longer);
    assert_eq!(printed(&sent), "sent", "{}", errors(&sent));
    let sent = post.send(1);
    assert_eq!(printed(&sent), "sent", "{}", errors(&sent));
    assert_eq!(post.seen(1), seen("sent", 1, 1));
}

/// What cuts the connection with a copy in hand says something of that one alone.
#[test]
fn a_copy_that_ends_its_connection_holds_no_other_one_up() {
    let post = Post::new();
    post.break_imap(vec![Fault::always(FaultKind::Refuse {
        command: "APPEND".to_owned(),
        answer: "NO not today".to_owned(),
    })]);
    for n in 0..3 {
        let sent = post.send(n);
        assert_eq!(printed(&sent), "sent", "{}", errors(&sent));
    }
    post.break_imap(vec![Fault::once(FaultKind::DropOn {
        command: "APPEND".to_owned(),
    })]);
    post.sterna("sync");
    let found = [0, 1, 2].map(|n| post.seen(n));
    let (waits, filed) = (seen("sent", 1, 0), seen("sent", 1, 1));
    assert_eq!(found, [waits, filed.clone(), filed.clone()]);
    post.cure();
    assert_eq!(post.seen(0), filed);
}
