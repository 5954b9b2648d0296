//! What the process is set to before anything else: private files, and no core dump that would hold secrets.

use rustix::fs::Mode;
use rustix::process::{DumpableBehavior, set_dumpable_behavior, umask};

/// Makes files private by default and switches core dumps off; what the system refuses is left as it is.
pub fn harden() {
    umask(Mode::from_raw_mode(0o077));
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
