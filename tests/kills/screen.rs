//! The program itself, killed while somebody works on its screen, and again while what was done goes to the server. What
//! is typed for a message and how the server shows it is up to the scene, and so is the server.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::pty::Pty;
use crate::random::Random;
use crate::shell;

/// Nothing waited for here takes a tenth of it.
const GUARD: Duration = Duration::from_mins(2);

/// A mailbox that is open on the screen, and what is done to its newest messages. Positions count from the newest, from 0.
pub trait Scene {
    /// How many messages it is done to, at most.
    fn n_messages(&self) -> u32;
    /// A text that stands in the row of a message, and in no other.
    fn row(&self, position: u32) -> String;
    /// What is typed for the message under the cursor; leaves the cursor on the next older one.
    fn keys(&self) -> &str;
    /// The messages to which it is done on the server. Fails where it was done twice, or anything else has changed.
    fn done(&mut self) -> BTreeSet<u32>;
    /// Another client makes everything what it was before, behind the program's back.
    fn undo(&mut self);
    /// Waits until the server has carried out what a killed program had sent, where that can be seen.
    fn until_left(&mut self) {}
}

/// What was seen in all rounds.
#[derive(Debug, Default)]
pub struct Tally {
    pub rounds: u64,
    pub kills: u64,
    pub typed: u64,
    /// Counted as pending on the screen before the kill.
    pub acknowledged: u64,
    /// On the server in the end.
    pub done: u64,
}

impl Tally {
    /// Rounds until there were so many kills.
    pub fn rounds(&mut self, scene: &mut dyn Scene, home: &Path, kills: u64) {
        while self.kills < kills {
            let mut random = Random::new(self.rounds ^ 0x0f01);
            let what = format!("round {}", self.rounds);
            self.round(scene, home, &mut random, &what);
            self.rounds += 1;
        }
    }

    /// Something is done on the screen, which is killed; what is pending goes to the server through up to two more kills.
    /// What the screen had counted is there then, once, and so is nothing that was not typed.
    fn round(&mut self, scene: &mut dyn Scene, home: &Path, random: &mut Random, what: &str) {
        scene.undo();
        sterna(home, "sync");
        let n_typed = u32::try_from(random.between(1, u64::from(scene.n_messages()))).unwrap();
        let n_acknowledged = self.work(scene, home, random, n_typed);
        scene.until_left();
        for _ in 0..random.below(3) {
            self.drain(home, random);
            scene.until_left();
        }
        until_sent(home);
        let done = scene.done();
        let n_done = u32::try_from(done.len()).unwrap();
        // The journal keeps the order of the keys: what is missing can only be the end.
        assert!(
            done.iter().copied().eq(0..n_done),
            "{what}: {done:?} of {n_typed}"
        );
        assert!(
            (n_acknowledged..=n_typed).contains(&n_done),
            "{what}: {n_done} done, {n_acknowledged} acknowledged, {n_typed} typed"
        );
        // What was carried out is not carried out again.
        scene.undo();
        sterna(home, "sync");
        assert_eq!(scene.done(), BTreeSet::new(), "{what}: again");
        self.typed += u64::from(n_typed);
        self.acknowledged += u64::from(n_acknowledged);
        self.done += u64::from(n_done);
    }

    /// Types, with or without a connection, and kills; gives what the screen showed as recorded.
    fn work(&mut self, scene: &dyn Scene, home: &Path, random: &mut Random, n_typed: u32) -> u32 {
        let arguments: &[&str] = if random.below(2) == 0 {
            &["--offline"]
        } else {
            &[]
        };
        let mut screen = Pty::sterna(arguments, home, 120, 60);
        screen.wait_for(&scene.row(0));
        screen.wait_for(&scene.row(scene.n_messages() - 1));
        screen.keys(&scene.keys().repeat(n_typed as usize));
        pass(random.between(0, 80));
        let n_acknowledged = pending(&screen.text());
        self.kill(screen.pid());
        screen.wait_for_end();
        n_acknowledged
    }

    /// Starts the program, with a screen or without, and kills it soon.
    fn drain(&mut self, home: &Path, random: &mut Random) {
        if random.below(2) == 0 {
            let mut screen = Pty::sterna(&[], home, 120, 60);
            pass(random.between(0, 250));
            self.kill(screen.pid());
            screen.wait_for_end();
            return;
        }
        let mut child = shell::spawn(&mut command(home, "sync"));
        pass(random.between(0, 150));
        // It may have ended by itself.
        self.kills += u64::from(child.try_wait().unwrap().is_none());
        child.kill().unwrap();
        child.wait().unwrap();
    }

    fn kill(&mut self, pid: u32) {
        let done = Command::new("kill")
            .args(["-KILL", &pid.to_string()])
            .status();
        assert!(done.unwrap().success());
        self.kills += 1;
    }
}

/// The number before `pending` in the status line; 0 where nothing is said.
fn pending(screen: &str) -> u32 {
    let words: Vec<&str> = screen.split_whitespace().collect();
    let at = words.iter().rposition(|word| *word == "pending");
    let number = at.and_then(|at| words.get(at.checked_sub(1)?)?.parse().ok());
    number.unwrap_or(0)
}

/// Brings everything to the server; what is held goes when its time has come.
fn until_sent(home: &Path) {
    let until = Instant::now() + GUARD;
    loop {
        sterna(home, "sync");
        let status: Value = serde_json::from_str(&sterna(home, "status --json")).unwrap();
        if status[0]["pending"] == 0 {
            return;
        }
        assert!(Instant::now() < until, "never sent: {status}");
    }
}

fn command(home: &Path, line: &str) -> Command {
    let mut command = shell::sterna(home, line.split(' '));
    command.env("LANG", "C.UTF-8");
    command
}

/// Runs a command of the program that must succeed; gives what it printed.
fn sterna(home: &Path, line: &str) -> String {
    shell::done(&command(home, line).output().unwrap())
}

/// Lets some milliseconds pass.
fn pass(milliseconds: u64) {
    let (_sender, nothing) = channel::<()>();
    let _ = nothing.recv_timeout(Duration::from_millis(milliseconds));
}
