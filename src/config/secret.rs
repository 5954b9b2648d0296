//! Runs `password-command`: argv without a shell, the first line of its output, capped in size and time. No text that
//! leaves here holds the secret, and a failure never turns into an empty password.

use std::io::Read;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroize as _;

use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;

/// The longest password line.
const MAX_BYTES: usize = 4096;

/// How long a command may take; long enough for a person to unlock a key.
pub const LIMIT: Duration = Duration::from_secs(30);

/// Runs a password command and takes the first line of its output.
///
/// # Errors
/// What failed, as a sentence part for the screen: `password-command (pass): it ended with exit status: 1, saying "…"`.
pub fn run(argv: &[String], limit: Duration) -> Result<Secret, String> {
    let Some((program, arguments)) = argv.split_first() else {
        return Err("password-command is empty".to_owned());
    };
    obtain(program, arguments, limit)
        .map_err(|problem| format!("password-command ({}): {problem}", SafeText::line(program)))
}

fn obtain(program: &str, arguments: &[String], limit: Duration) -> Result<Secret, String> {
    let until = Instant::now() + limit;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // Its own group: it cannot read the keys meant for the screen, and all of it can be ended at once.
        .process_group(0)
        .spawn()
        .map_err(|error| format!("it could not be started: {error}"))?;
    let group = rustix::process::Pid::from_child(&child);
    let output = child.stdout.take().map(|pipe| reading(pipe, first_line));
    let complaint = child.stderr.take().map(|pipe| reading(pipe, beginning));
    let (Some(output), Some(complaint)) = (output, complaint) else {
        return Err("it could not be started".to_owned());
    };
    let ended = waiting(child);
    let answer = next(&ended, until).and_then(|status| Ok((status, next(&output, until)?)));
    let Ok((status, line)) = answer else {
        // Whoever is left of the group; an error means that nobody is.
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        return Err(format!(
            "it gave no answer within {} seconds",
            limit.as_secs()
        ));
    };
    let status = status.map_err(|error| format!("its end could not be awaited: {error}"))?;
    if !status.success() {
        let said = next(&complaint, until).unwrap_or_default();
        return Err(failure(status, &said, &line));
    }
    accepted(line)
}

/// Reads what a pipe gives on a thread of its own; then reads on to the end, so that the writer never stalls.
fn reading<T: Send + 'static>(
    mut pipe: impl Read + Send + 'static,
    take: fn(&mut dyn Read) -> T,
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

/// Reads up to the first line feed, the end, or one byte more than a password may have.
fn first_line(pipe: &mut dyn Read) -> Vec<u8> {
    // Whole from the start: a growing vector would leave copies of the secret behind.
    let mut line = Vec::with_capacity(MAX_BYTES + 1);
    let mut byte = [0];
    while line.len() <= MAX_BYTES && pipe.read(&mut byte).is_ok_and(|n| n > 0) && byte != [b'\n'] {
        line.extend(byte);
    }
    line
}

fn beginning(pipe: &mut dyn Read) -> Vec<u8> {
    let mut text = Vec::new();
    let _ = pipe.take(MAX_BYTES as u64).read_to_end(&mut text);
    text
}

fn accepted(mut line: Vec<u8>) -> Result<Secret, String> {
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    let problem = if line.is_empty() {
        "its first line is empty"
    } else if line.len() > MAX_BYTES {
        "its first line is longer than 4096 bytes"
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

/// Words for a failed command: its last complaint, unless that repeats what may be the secret.
fn failure(status: ExitStatus, said: &[u8], line: &[u8]) -> String {
    let said = String::from_utf8_lossy(said);
    let last = said
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or("");
    let secret = String::from_utf8_lossy(line);
    let words: String = last.trim().chars().take(200).collect();
    let repeats = !secret.trim().is_empty() && said.contains(secret.trim());
    if words.is_empty() || repeats {
        format!("it ended with {status}")
    } else {
        format!(
            "it ended with {status}, saying \"{}\"",
            SafeText::line(&words)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Result<Secret, String> {
        let argv = ["sh", "-c", script].map(str::to_owned);
        run(&argv, LIMIT)
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
        assert!(run(&[], LIMIT).is_err());
        let missing = run(&["/nonexistent/pass".to_owned()], LIMIT).err().unwrap();
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

    #[test]
    fn a_command_that_hangs_is_ended_with_all_its_children() {
        let directory = tempfile::tempdir().unwrap();
        let pipe = directory.path().join("pipe");
        let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        // Both the shell and its child hold the pipe open; reading it ends when both are gone.
        let script = format!("exec 3>'{}'; sleep 600 & wait", pipe.display());
        let argv = ["sh".to_owned(), "-c".to_owned(), script];
        let reader = thread::spawn(move || std::fs::read(pipe).unwrap());
        let refused = run(&argv, Duration::from_millis(300)).err().unwrap();
        assert_eq!(
            refused,
            "password-command (sh): it gave no answer within 0 seconds"
        );
        assert!(reader.join().unwrap().is_empty());
    }
}
