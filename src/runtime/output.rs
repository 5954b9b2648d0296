//! The output of a command of the user's: argv without a shell, capped in size and time.

use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use crossbeam_channel::bounded;

/// What a command prints, its first bytes; `None` where it cannot be started, fails, or takes too long. Then all of it is
/// ended.
#[must_use]
pub fn of(argv: &[String], most_bytes: u64, limit: Duration) -> Option<Vec<u8>> {
    let (program, arguments) = argv.split_first()?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        // Its own group: it cannot read the keys meant for the screen, and all of it can be ended at once.
        .process_group(0)
        .spawn()
        .ok()?;
    let group = rustix::process::Pid::from_child(&child);
    let pipe = child.stdout.take()?;
    let (sender, answer) = bounded(1);
    let thread = std::thread::Builder::new().name("command".to_owned());
    let spawned = thread.spawn(move || {
        let mut bytes = Vec::new();
        let is_read = pipe.take(most_bytes).read_to_end(&mut bytes).is_ok();
        let is_done = child.wait().is_ok_and(|status| status.success());
        let _ = sender.send((is_read && is_done).then_some(bytes));
    });
    let answered = spawned.ok().and_then(|_| answer.recv_timeout(limit).ok());
    if answered.is_none() {
        // Whoever is left of the group; an error means that nobody is.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    answered.flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(words: &[&str], most: u64, limit: Duration) -> Option<String> {
        let argv: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        of(&argv, most, limit).map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn output_is_taken_as_it_is_and_never_waited_for_too_long() {
        let long = Duration::from_mins(2);
        let echo = run(&["printf", "%s", "$HOME; x"], 100, long);
        assert_eq!(echo.as_deref(), Some("$HOME; x"), "no shell");
        assert_eq!(run(&["false"], 100, long), None);
        assert_eq!(run(&["/no/such/program"], 100, long), None);
        assert_eq!(run(&["sleep", "600"], 100, Duration::from_millis(50)), None);
        assert_eq!(run(&[], 100, long), None);
    }
}
