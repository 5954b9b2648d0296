//! What comes to the runtime from outside the screen: signals, and the end of the terminal. Never seen by `update`.

/// A turn in the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Somebody asks for an orderly end: SIGTERM, SIGHUP, SIGINT or SIGQUIT. The process is ended by force when it does
    /// not end by itself within seconds.
    Quit,
    /// The process was stopped and goes on: the terminal's modes are to be set again and everything is to be painted.
    Resumed,
    /// The terminal is gone: no key will come, nothing can be shown.
    TerminalGone,
}
