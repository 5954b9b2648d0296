//! The program as from a shell: in a home directory of its own, with nothing else of this machine in its environment.

#![allow(dead_code, reason = "every test target uses a part")]

use std::ffi::OsStr;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The program with these words behind its name; it finds nothing to read.
pub fn sterna<Word: AsRef<OsStr>>(home: &Path, words: impl IntoIterator<Item = Word>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sterna"));
    command
        .args(words)
        .env_clear()
        .env("HOME", home)
        .env("XDG_RUNTIME_DIR", home.join("runtime"))
        .stdin(Stdio::null());
    command
}

/// Runs a command that reads this.
pub fn feed(command: &mut Command, input: &str) -> Output {
    command.stdin(Stdio::piped());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(input.as_bytes()).unwrap();
    drop(pipe);
    child.wait_with_output().unwrap()
}

/// Starts a command whose words nobody wants.
pub fn spawn(command: &mut Command) -> Child {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

/// Lets a command run for a while, and kills it where it has not ended by then.
pub fn kill_after(mut child: Child, time: Duration) {
    let until = Instant::now() + time;
    while Instant::now() < until && child.try_wait().unwrap().is_none() {
        std::thread::yield_now();
    }
    let _ = child.kill();
    child.wait().unwrap();
}

pub fn config_file(home: &Path) -> PathBuf {
    home.join(".config/sterna/config.toml")
}

/// Writes the configuration as the program wants it: for its user alone.
pub fn configure(home: &Path, text: &str) {
    let file = config_file(home);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// An account `work` on the embedded server; more lines about it may follow.
pub fn account(password: &str, port: u16) -> String {
    format!(
        "[accounts.work]\nemail = \"anna@example.org\"\nuser = \"demo\"\npassword-plaintext = \"{password}\"\n\
         imap = {{ host = \"127.0.0.1\", port = {port}, security = \"plain\" }}\n"
    )
}

pub fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

pub fn errors(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// What a command printed that must have succeeded.
#[track_caller]
pub fn done(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(0), "{}", errors(output));
    printed(output)
}

/// The same as JSON.
#[track_caller]
pub fn json(output: &Output) -> serde_json::Value {
    serde_json::from_str(&done(output)).unwrap()
}

/// Fails with this code and these words, and prints nothing.
#[track_caller]
pub fn assert_fails(output: &Output, expected: i32, words: &str) {
    assert_eq!(code(output), expected, "{}", errors(output));
    assert!(errors(output).contains(words), "{}", errors(output));
    assert_eq!(printed(output), "");
}
