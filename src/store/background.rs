//! Threads that work behind the screen let the drawing thread go first: a key is answered in a frame also while
//! headers arrive by the thousand.

/// How far such a thread steps back: about a third of the processor where others want it too, all of it where not.
const STEP_BACK: i32 = 5;

/// Lowers the priority of the calling thread. On Linux a thread has one of its own; elsewhere nothing is done, since the
/// whole process would be meant.
pub fn give_way() {
    if cfg!(target_os = "linux") {
        // Refused only where a process may not even step back; then it works as before.
        let _ = rustix::process::nice(STEP_BACK);
    }
}
