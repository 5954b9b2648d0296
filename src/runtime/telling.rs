//! The thread that talks to other Sternas on this machine: finding their sockets is work for the file system, which the
//! drawing thread does not touch. Equal messages that wait are told once.

use std::thread::JoinHandle;

use crossbeam_channel::{Receiver, Sender, unbounded};

use crate::engine::peers::{Listener, Message, Peers};

/// The way to that thread.
#[derive(Debug)]
pub struct Telling {
    outgoing: Sender<Message>,
    thread: JoinHandle<()>,
}

impl Telling {
    /// Starts the thread; `None` when none can be made, and then nobody is told.
    #[must_use]
    pub fn start(peers: Peers) -> Option<Self> {
        let (outgoing, waiting) = unbounded();
        let thread = std::thread::Builder::new()
            .name("telling".to_owned())
            .spawn(move || run(&peers, &waiting))
            .ok()?;
        Some(Self { outgoing, thread })
    }

    /// Has a message told; never blocks.
    pub fn tell(&self, message: Message) {
        let _ = self.outgoing.send(message);
    }

    /// Tells what still waits, and gives up this process's socket.
    pub fn finish(self) {
        drop(self.outgoing);
        let _ = self.thread.join();
    }
}

fn run(peers: &Peers, waiting: &Receiver<Message>) {
    while let Ok(first) = waiting.recv() {
        peers.tell_all(&once_each(std::iter::once(first).chain(waiting.try_iter())));
    }
}

/// Each message once, in the order in which they first came.
fn once_each(messages: impl Iterator<Item = Message>) -> Vec<Message> {
    let mut told = std::collections::HashSet::new();
    messages
        .filter(|message| told.insert(message.clone()))
        .collect()
}

/// Has a thread pass on what the others say, until nobody wants it any more.
pub fn listen(listener: Listener, heard: Sender<Message>) {
    let spawned = std::thread::Builder::new()
        .name("peers".to_owned())
        .spawn(move || {
            while let Ok(message) = listener.receive() {
                if message.is_some_and(|message| heard.send(message).is_err()) {
                    return;
                }
            }
        });
    drop(spawned);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::mailbox::MailboxId;

    #[test]
    fn a_stream_of_equal_messages_is_told_once_and_in_order() {
        let rows = |number| Message::Rows(MailboxId::new(number));
        let came = [
            rows(1),
            Message::Folders,
            rows(1),
            rows(2),
            Message::Folders,
        ];
        assert_eq!(
            once_each(came.into_iter()),
            [rows(1), Message::Folders, rows(2)]
        );
    }

    #[test]
    fn what_waits_at_the_end_is_told_and_the_socket_goes() {
        let directory = tempfile::tempdir().unwrap();
        let other = Peers::open_as(directory.path(), 2).unwrap();
        let telling = Telling::start(Peers::open_as(directory.path(), 1).unwrap()).unwrap();
        telling.tell(Message::Journal);
        telling.finish();
        let patience = Some(std::time::Duration::from_secs(10));
        assert_eq!(other.receive(patience), Some(Message::Journal));
        assert!(!directory.path().join("1.sock").exists());
    }
}
