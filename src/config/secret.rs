//! Runs the commands that give a secret or keep one: argv without a shell, the first line of the output, capped in size
//! and time. No text that leaves here holds the secret, and a failure never turns into an empty password.

use std::io::{Read, Write as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroize as _;

use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// The longest password line.
pub(super) const PASSWORD_BYTES: usize = 4 * 1024;

/// The longest token line. Tokens with many claims pass 4 KiB; a server's command line holds no more than this.
const TOKEN_BYTES: usize = 16 * 1024;

/// The most that is kept of a command's complaint.
const COMPLAINT_BYTES: u64 = 4 * 1024;

/// How long a command may take; long enough for a person to unlock a key.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Runs a `password-command` and takes the first line of its output.
///
/// # Errors
/// What failed, as a sentence part for the screen: `password-command (pass): it ended with exit status: 1, saying "…"`.
pub fn password(argv: &[String], limit: Duration) -> Result<Secret, String> {
    named("password-command", argv, PASSWORD_BYTES, limit)
}

/// Runs an `oauth-command` and takes the first line of its output, an access token.
///
/// # Errors
/// As for [`password`].
pub fn token(argv: &[String], limit: Duration) -> Result<Secret, String> {
    named("oauth-command", argv, TOKEN_BYTES, limit)
}

fn named(key: &str, argv: &[String], most_bytes: usize, limit: Duration) -> Result<Secret, String> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err(format!("{key} is empty"));
    };
    let obtain = || {
        let ended = exchange(program, arguments, None, most_bytes, limit)?;
        if !ended.status.success() {
            return Err(ended.failure());
        }
        accepted(ended.line, most_bytes)
    };
    obtain().map_err(|problem| format!("{key} ({}): {problem}", SafeText::line(program)))
}

/// How a command ended.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    /// The first line of its output.
    line: Vec<u8>,
    /// The beginning of what it wrote to standard error.
    said: Vec<u8>,
}

impl Ended {
    /// Whether it wrote nothing to standard error.
    pub(super) fn is_silent(&self) -> bool {
        self.said.trim_ascii().is_empty()
    }

    /// The password that the command printed; `None` where it printed nothing.
    pub(super) fn password(self) -> Result<Option<Secret>, String> {
        if self.line.is_empty() {
            return Ok(None);
        }
        accepted(self.line, PASSWORD_BYTES).map(Some)
    }
}

/// Runs a command to its end, with a secret on its standard input where there is one.
///
/// # Errors
/// It could not be started, or took longer than `limit`; then all of it is ended.
pub(super) fn exchange(
    program: &str,
    arguments: &[String],
    input: Option<&Secret>,
    most_bytes: usize,
    limit: Duration,
) -> Result<Ended, String> {
    let until = Instant::now() + limit;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(input.map_or_else(Stdio::null, |_| Stdio::piped()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its own group: it cannot read the keys meant for the screen, and all of it can be ended at once.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("it could not be started: {error}"))?;
    let group = rustix::process::Pid::from_child(&child);
    if let (Some(mut pipe), Some(secret)) = (child.stdin.take(), input) {
        // A secret fits any pipe. A command that does not read it shows that by its end.
        let _ = pipe.write_all(secret.expose().as_bytes());
    }
    let line = child
        .stdout
        .take()
        .map(|pipe| reading(pipe, move |pipe| first_line(pipe, most_bytes)));
    let said = child.stderr.take().map(|pipe| reading(pipe, beginning));
    let (Some(line), Some(said)) = (line, said) else {
        return Err("it could not be started".to_owned());
    };
    let ended = waiting(child);
    let answer = next(&ended, until).and_then(|status| Ok((status, next(&line, until)?)));
    let Ok((status, line)) = answer else {
        // Whoever is left of the group; an error means that nobody is.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        return Err(format!(
            "it gave no answer within {} seconds",
            limit.as_secs()
        ));
    };
    let status = status.map_err(|error| format!("its end could not be awaited: {error}"))?;
    // A complaint matters only where there is a failure to explain.
    let said = if status.success() {
        Vec::new()
    } else {
        next(&said, until).unwrap_or_default()
    };
    Ok(Ended { status, line, said })
}

/// Reads what a pipe gives on a thread of its own; then reads on to the end, so that the writer never stalls.
fn reading<T: Send + 'static>(
    mut pipe: impl Read + Send + 'static,
    take: impl FnOnce(&mut dyn Read) -> T + Send + 'static,
) -> Receiver<T> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let _ = sender.send(take(&mut pipe));
        let mut rest = [0; 4096];
        while pipe.read(&mut rest).is_ok_and(|n| n > 0) {}
        rest.zeroize();
    });
    receiver
}

fn waiting(mut child: Child) -> Receiver<std::io::Result<ExitStatus>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let _ = sender.send(child.wait());
    });
    receiver
}

fn next<T>(receiver: &Receiver<T>, until: Instant) -> Result<T, RecvTimeoutError> {
    receiver.recv_timeout(until.saturating_duration_since(Instant::now()))
}

/// Reads up to the first line feed, the end, or one byte more than the secret may have.
fn first_line(pipe: &mut dyn Read, most_bytes: usize) -> Vec<u8> {
    // Whole from the start: a growing vector would leave copies of the secret behind.
    let mut line = Vec::with_capacity(most_bytes + 1);
    let mut byte = [0];
    while line.len() <= most_bytes && pipe.read(&mut byte).is_ok_and(|n| n > 0) && byte != [b'\n'] {
        line.extend(byte);
    }
    line
}

fn beginning(pipe: &mut dyn Read) -> Vec<u8> {
    let mut text = Vec::new();
    let _ = pipe.take(COMPLAINT_BYTES).read_to_end(&mut text);
    text
}

fn accepted(mut line: Vec<u8>, most_bytes: usize) -> Result<Secret, String> {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let problem = if line.is_empty() {
        "its first line is empty"
    } else if line.len() > most_bytes {
        line.zeroize();
        return Err(format!("its first line is longer than {most_bytes} bytes"));
    } else if line.contains(&0) {
        "its first line has a NUL in it"
    } else {
        match String::from_utf8(line) {
            Ok(text) => return Ok(Secret::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                return Err("its first line is not UTF-8".to_owned());
            }
        }
    };
    line.zeroize();
    Err(problem.to_owned())
}

impl Ended {
    /// Words for a failed command: its last complaint, unless that repeats what may be the secret.
    pub(super) fn failure(&self) -> String {
        let (status, said) = (self.status, String::from_utf8_lossy(&self.said));
        let last = said
            .lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .unwrap_or("");
        let secret = String::from_utf8_lossy(&self.line);
        let words: String = last.trim().chars().take(200).collect();
        let repeats = !secret.trim().is_empty() && said.contains(secret.trim());
        if words.is_empty() || repeats {
            return format!("it ended with {status}");
        }
        format!(
            "it ended with {status}, saying \"{}\"",
            SafeText::line(&words)
        )
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use rustix::fs::{Mode, OFlags};

    use super::*;

    fn sh(script: &str) -> Result<Secret, String> {
        let argv = ["sh", "-c", script].map(str::to_owned);
        password(&argv, LIMIT)
    }

    fn refused(script: &str) -> String {
        sh(script).err().unwrap_or_default()
    }

    #[test]
    fn the_first_line_is_the_secret() {
        for script in [
            "echo 's3 cret'; echo more",
            "printf 's3 cret'",
            "printf 's3 cret\\r\\nuser: anna\\n'",
            "echo 's3 cret'; head -c 1000000 /dev/zero",
            // An agent that stays behind and keeps the pipe open.
            "echo 's3 cret'; sleep 600 & exit 0",
        ] {
            assert_eq!(
                sh(script).map(|secret| secret.expose().to_owned()),
                Ok("s3 cret".to_owned()),
                "{script}"
            );
        }
    }

    #[test]
    fn no_answer_is_never_an_empty_password() {
        for script in ["true", "echo", "printf '\\nsecond\\n'", "printf '\\r\\n'"] {
            assert_eq!(
                refused(script),
                "password-command (sh): its first line is empty",
                "{script}"
            );
        }
        assert_eq!(
            refused("head -c 5000 /dev/zero"),
            "password-command (sh): its first line is longer than 4096 bytes"
        );
        assert_eq!(
            refused("printf 'a\\0b'"),
            "password-command (sh): its first line has a NUL in it"
        );
        assert_eq!(
            refused("printf '\\377'"),
            "password-command (sh): its first line is not UTF-8"
        );
        assert!(password(&[], LIMIT).is_err());
        let missing = password(&["/nonexistent/pass".to_owned()], LIMIT)
            .err()
            .unwrap();
        assert!(
            missing.starts_with("password-command (/nonexistent/pass): it could not be started: "),
            "{missing}"
        );
    }

    #[test]
    fn a_failure_tells_why_but_never_the_secret() {
        assert_eq!(
            refused("echo planted-4711; echo 'gpg: no secret key' >&2; exit 3"),
            "password-command (sh): it ended with exit status: 3, saying \"gpg: no secret key\""
        );
        let silent = refused("echo planted-4711; echo \"+ echo planted-4711\" >&2; exit 3");
        assert_eq!(
            silent,
            "password-command (sh): it ended with exit status: 3"
        );
    }

    /// Whether a command that hangs, with a child, had begun before it was ended. Waits for the end of both.
    fn hangs_and_is_ended(limit: Duration) -> bool {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // It waits for nobody to open the other end.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let reading = rustix::fs::open(&pipe, flags, Mode::empty()).unwrap();
        // Both the shell and its child hold the pipe open; reading it ends when both are gone.
        let script = format!(
            "exec 3>'{}'; sleep 600 & echo begun >&3; wait",
            pipe.display()
        );
        let argv = ["sh".to_owned(), "-c".to_owned(), script];
        let refused = password(&argv, limit).err().unwrap();
        let expected = format!("it gave no answer within {} seconds", limit.as_secs());
        assert_eq!(refused, format!("password-command (sh): {expected}"));
        rustix::fs::fcntl_setfl(&reading, OFlags::empty()).unwrap();
        let mut said = String::new();
        File::from(reading).read_to_string(&mut said).unwrap();
        said == "begun\n"
    }

    #[test]
    fn a_command_that_hangs_is_ended_with_all_its_children() {
        let mut limit = Duration::from_millis(300);
        while !hangs_and_is_ended(limit) {
            limit *= 2;
            assert!(limit < Duration::from_mins(10), "it never begins");
        }
    }
}
