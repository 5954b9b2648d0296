//! Threads that work behind the screen let the drawing thread go first: a key is answered in a frame also while
//! headers arrive by the thousand.

use rustix::process::Pid;

/// How far such a thread steps back: about a third of the processor where others want it too, all of it where not.
const STEP_BACK: i32 = 5;
/// The lowest priority.
const LAST: i32 = 19;

/// Lowers the priority of the calling thread. On Linux a thread has one of its own; elsewhere nothing is done, since the
/// whole process would be meant.
pub fn give_way() {
    if cfg!(target_os = "linux") {
        // Refused only where a process may not even step back; then it works as before.
        let _ = rustix::process::nice(STEP_BACK);
    }
}

/// A thread of this process, by its own number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thread(Pid);

/// The calling thread; `None` where threads have no numbers.
#[must_use]
pub fn this_thread() -> Option<Thread> {
    let link = std::fs::read_link("/proc/thread-self").ok()?;
    let number = link.file_name()?.to_str()?.parse().ok()?;
    Pid::from_raw(number).map(Thread)
}

/// Lowers the priority of another thread as far as it goes: it works on where nobody else wants to.
pub fn step_aside(thread: Thread) {
    // As for `give_way`: what is refused changes nothing.
    let _ = rustix::process::setpriority_process(Some(thread.0), LAST);
}
