//! The panic hook: gives the terminal back before anything is said, and keeps quiet on the screen about panics that
//! cost only a job.

use std::thread;

use crate::terminal::screen;

/// Installs the hook; to be called once, on the drawing thread.
///
/// A panic of the drawing thread ends the process, so the terminal is given back and the message follows. One of another
/// thread is caught there: it goes to the log, without its text, which may quote a mail.
pub fn install() {
    let usual = std::panic::take_hook();
    let drawing = thread::current().id();
    std::panic::set_hook(Box::new(move |panic| {
        let thread = thread::current();
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let name = thread.name().unwrap_or("unnamed");
        tracing::error!("a defect in Sterna: panic in thread {name} at {place}");
        if thread.id() == drawing {
            screen::restore();
        }
        if !screen::is_entered() {
            usual(panic);
        }
    }));
}
