//! Hundreds of messages at once, to this computer and back: together, as far as they can be.

use sterna::demo::dialect::Dialect;

use crate::rig::Rig;
use crate::{SAVED, done, in_files, list, moves, n_of, on_server, path, rig_with};

const MANY: usize = 420;
/// As many as are written before the disk is waited for.
const AT_ONCE: usize = 100;

/// Moves everything; gives how many more runs that took: a command gives the server half a minute, which may be too short
/// for a busy machine.
fn all_moves(rig: &Rig, from: &str, to: &str) -> usize {
    moves(rig, from, to);
    let is_done = || rig.json("status --json")[0]["pending"] == 0;
    let mut n_more = 0;
    while !is_done() {
        done(rig, &["sync"]);
        n_more += 1;
        assert!(n_more < 20, "it never ends");
    }
    n_more
}

#[test]
fn hundreds_go_there_and_back_together() {
    for dialect in [Dialect::full(), Dialect::bare()] {
        let rig = rig_with(MANY);
        let has_uidplus = dialect.has("UIDPLUS");
        rig.server.set_dialect(dialect);
        done(&rig, &["sync"]);
        let before = on_server(&rig, "INBOX");
        rig.server.clear_log();
        let n_more = all_moves(&rig, "INBOX", SAVED);
        assert_eq!(in_files(&rig, "Saved"), before);
        assert_eq!(list(&rig, SAVED).len(), MANY);
        let n = |name: &str| {
            let log = rig.server.log();
            log.iter().filter(|entry| entry.name == name).count()
        };
        let most = MANY.div_ceil(AT_ONCE) + 1 + n_more;
        assert!((1..=most).contains(&n("UID STORE")), "{}", n("UID STORE"));
        if has_uidplus {
            assert!(n("UID EXPUNGE") <= most, "{}", n("UID EXPUNGE"));
            assert_eq!(n_of(&on_server(&rig, "INBOX")), 0);
        }
        // Nothing is left of what was written on the way.
        let n_left = std::fs::read_dir(path(&rig, "Saved").join("tmp")).unwrap();
        assert_eq!(n_left.count(), 0);

        rig.server.create("Back", None);
        done(&rig, &["sync"]);
        rig.server.clear_log();
        let n_more = all_moves(&rig, SAVED, "Back");
        assert_eq!(on_server(&rig, "Back"), before);
        assert!((MANY..=MANY + n_more).contains(&n("APPEND")));
        assert_eq!(n_of(&in_files(&rig, "Saved")), 0);
    }
}
