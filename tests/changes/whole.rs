//! What is done with a whole folder, and what is left at the end.

use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::mail::flag::SystemFlag;

use crate::shell::{assert_fails, code, errors};
use crate::{assert_done, filled};

#[test]
fn a_whole_folder_is_marked_read_and_the_trash_emptied() {
    let (rig, ids) = filled(5);
    assert_done(&rig, &format!("flag {} +seen", ids[0]));
    assert_done(&rig, &format!("move {} Lists/rust", ids[1]));
    assert_done(&rig, "mark-all-read");
    let seen = |folder: &str| {
        let truth = rig.server.truth(folder).into_iter();
        truth.filter(|it| it.flags.has(SystemFlag::Seen)).count()
    };
    assert_eq!((seen("INBOX"), seen("Lists/rust")), (4, 0));
    // Of messages that nobody has listed yet too.
    rig.server
        .deliver("Lists/rust", b"Subject: new\r\n\r\n", &[], 1_772_532_000);
    assert_done(&rig, "mark-all-read Lists/rust");
    assert_eq!(seen("Lists/rust"), 2);
    let again = rig.sterna("mark-all-read");
    assert!(
        errors(&again).contains("no unread message"),
        "{}",
        errors(&again)
    );
    assert_done(&rig, "undo");
    assert_eq!(seen("Lists/rust"), 0);

    assert_done(&rig, &format!("delete {} {}", ids[2], ids[3]));
    assert_fails(&rig.sterna("empty-trash"), 64, "2 messages go for good");
    assert_eq!(rig.server.truth("Trash").len(), 2);
    assert_done(&rig, "empty-trash --yes");
    assert_eq!(rig.server.truth("Trash").len(), 0);
    assert_eq!(rig.server.truth("INBOX").len(), 2);
    let again = rig.sterna("empty-trash");
    assert!(
        errors(&again).contains("Trash is empty"),
        "{}",
        errors(&again)
    );
    assert_fails(
        &rig.sterna("empty-trash --account nobody --yes"),
        65,
        "nobody",
    );
}

/// A server that says nothing any more: the program ends all the same, and says what it leaves.
#[test]
fn what_waits_at_the_end_is_said_on_the_shell() {
    let (rig, _) = filled(3);
    let mut screen = rig.screen();
    screen.wait_for("Message 2");
    let stall = FaultKind::StallIn {
        command: "UID STORE".to_owned(),
        after: 0,
    };
    rig.server
        .set_faults(FaultPlan::new(vec![Fault::always(stall)]));
    screen.keys("sjs");
    screen.wait_for("2 pending");
    screen.keys("Q");
    assert!(screen.wait_for_end().success());
    let said = "2 operations wait for the server; they go on with the next start";
    assert!(screen.text().contains(said), "{}", screen.text());
    rig.server.set_faults(FaultPlan::default());
    assert_eq!(code(&rig.sterna("sync")), 0);
    let truth = rig.server.truth("INBOX").into_iter();
    let starred = truth.filter(|it| it.flags.has(SystemFlag::Flagged));
    assert_eq!(starred.count(), 2);
}
