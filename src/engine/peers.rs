//! Other Sternas on this machine: a datagram socket per process, named after its number, in the runtime directory.
//!
//! Messages are hints, lost ones are made up for by the next look into the store; nothing is decided from them.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::part::{PartPath, WantedPart};

/// What one process tells the others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Message {
    /// The journal has new operations.
    Journal,
    /// The outbox changed.
    Outbox,
    /// What is kept on this machine changed.
    Keep,
    /// Rows of this mailbox changed in the store.
    Rows(MailboxId),
    /// Names or counts of folders changed.
    Folders,
    /// Whoever holds the engine should fetch this body.
    WantBody(MessageId, MailboxId),
    /// The same, whatever it costs.
    FetchAnyway(MessageId, MailboxId),
    /// A body arrived.
    Body(MessageId),
    /// The holder of the engine is connected and fetches this body.
    Coming(MessageId),
    /// A body could not be fetched.
    NoBody(MessageId),
    /// A body was not fetched: it would take so many bytes, and one action may take so many.
    Metered(MessageId, u64, u64),
    /// Whoever holds the engine should fetch this part; an empty path means the whole message.
    WantPart(WantedPart),
    /// Nobody wants it any more.
    CancelPart(WantedPart),
    /// So many bytes of a part, of so many, are here.
    PartComing(MessageId, PartPath, u64, u64),
    /// A part arrived.
    PartHere(MessageId, PartPath),
    /// A part could not be fetched.
    NoPart(MessageId, PartPath),
    /// Whoever holds the engine of this account should bring it up to date.
    Sync(AccountId),
    /// The account is up to date.
    Synced(AccountId),
    /// The server cannot be reached now.
    NotSynced(AccountId),
    /// Somebody stands in line for a connection of this account.
    MakeRoom(AccountId),
}

impl Message {
    fn encode(&self) -> String {
        match self {
            Self::Journal => "journal".to_owned(),
            Self::Outbox => "outbox".to_owned(),
            Self::Keep => "keep".to_owned(),
            Self::Rows(mailbox) => format!("rows {}", mailbox.get()),
            Self::Folders => "folders".to_owned(),
            Self::WantBody(message, mailbox) => {
                format!("want-body {} {}", message.get(), mailbox.get())
            }
            Self::FetchAnyway(message, mailbox) => {
                format!("fetch-anyway {} {}", message.get(), mailbox.get())
            }
            Self::Body(message) => format!("body {}", message.get()),
            Self::Coming(message) => format!("coming {}", message.get()),
            Self::NoBody(message) => format!("no-body {}", message.get()),
            Self::Metered(message, bytes, limit) => {
                format!("metered {} {bytes} {limit}", message.get())
            }
            Self::WantPart(part) => format!("want-part {}", wish(part)),
            Self::CancelPart(part) => format!("cancel-part {}", wish(part)),
            Self::PartComing(message, path, n_done, n_total) => {
                let message = message.get();
                format!("part-coming {message} {} {n_done} {n_total}", word(path))
            }
            Self::PartHere(message, path) => format!("part {} {}", message.get(), word(path)),
            Self::NoPart(message, path) => format!("no-part {} {}", message.get(), word(path)),
            Self::Sync(account) => format!("sync {}", account.get()),
            Self::Synced(account) => format!("synced {}", account.get()),
            Self::NotSynced(account) => format!("not-synced {}", account.get()),
            Self::MakeRoom(account) => format!("make-room {}", account.get()),
        }
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let mut words = std::str::from_utf8(bytes).ok()?.split(' ');
        let (name, first, second) = (words.next()?, words.next(), words.next());
        let (third, fourth) = (words.next(), words.next());
        let number = |word: Option<&str>| word.and_then(|word| word.parse::<u64>().ok());
        let message = || MessageId::new(number(first)?);
        let wish = || {
            Some(WantedPart {
                message: message()?,
                mailbox: MailboxId::new(u32::try_from(number(second)?).ok()?),
                path: path(third)?,
            })
        };
        let small = |word: Option<&str>| number(word).and_then(|number| u32::try_from(number).ok());
        Some(match name {
            "journal" => Self::Journal,
            "outbox" => Self::Outbox,
            "keep" => Self::Keep,
            "rows" => Self::Rows(MailboxId::new(small(first)?)),
            "folders" => Self::Folders,
            "want-body" => Self::WantBody(message()?, MailboxId::new(small(second)?)),
            "fetch-anyway" => Self::FetchAnyway(message()?, MailboxId::new(small(second)?)),
            "metered" => Self::Metered(message()?, number(second)?, number(third)?),
            "body" => Self::Body(MessageId::new(number(first)?)?),
            "coming" => Self::Coming(MessageId::new(number(first)?)?),
            "no-body" => Self::NoBody(MessageId::new(number(first)?)?),
            "want-part" => Self::WantPart(wish()?),
            "cancel-part" => Self::CancelPart(wish()?),
            "part-coming" => {
                Self::PartComing(message()?, path(second)?, number(third)?, number(fourth)?)
            }
            "part" => Self::PartHere(message()?, path(second)?),
            "no-part" => Self::NoPart(message()?, path(second)?),
            "sync" => Self::Sync(AccountId::new(small(first)?)),
            "synced" => Self::Synced(AccountId::new(small(first)?)),
            "not-synced" => Self::NotSynced(AccountId::new(small(first)?)),
            "make-room" => Self::MakeRoom(AccountId::new(small(first)?)),
            _ => return None,
        })
    }
}

/// The word for the whole message among part paths; no part has this number.
const WHOLE: &str = "0";

fn word(path: &PartPath) -> String {
    if path.numbers().is_empty() {
        WHOLE.to_owned()
    } else {
        path.to_string()
    }
}

fn path(word: Option<&str>) -> Option<PartPath> {
    match word? {
        WHOLE => Some(PartPath::default()),
        numbers => PartPath::parse(numbers),
    }
}

fn wish(part: &WantedPart) -> String {
    let (message, mailbox) = (part.message.get(), part.mailbox.get());
    format!("{message} {mailbox} {}", word(&part.path))
}

/// This process's socket and the way to the others'.
#[derive(Debug)]
pub struct Peers {
    directory: PathBuf,
    path: PathBuf,
    socket: UnixDatagram,
}

impl Peers {
    /// Opens this process's socket in `directory`, which is made private.
    ///
    /// # Errors
    /// The directory or the socket cannot be made.
    pub fn open(directory: &Path) -> io::Result<Self> {
        Self::open_as(directory, std::process::id())
    }

    /// Opens a socket under another number than the process's own.
    ///
    /// # Errors
    /// The directory or the socket cannot be made.
    pub fn open_as(directory: &Path, number: u32) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(directory)?;
        fs::set_permissions(directory, fs::Permissions::from_mode(0o700))?;
        let path = directory.join(format!("{number}.sock"));
        let _ = fs::remove_file(&path); // Left by a process that had our number.
        let socket = UnixDatagram::bind(&path)?;
        Ok(Self {
            directory: directory.to_owned(),
            path,
            socket,
        })
    }

    /// Tells every other process; one that is gone loses its socket file. Never blocks.
    pub fn tell(&self, message: Message) {
        self.tell_all(&[message]);
    }

    /// Tells every other process several things.
    pub fn tell_all(&self, messages: &[Message]) {
        tell_others(&self.directory, Some(&self.path), messages);
    }

    /// Waits for the next message, at most `patience` (`None`: for ever); `None` when none came.
    pub fn receive(&self, patience: Option<std::time::Duration>) -> Option<Message> {
        self.socket.set_read_timeout(patience).ok()?;
        let mut bytes = [0; 128];
        let n = self.socket.recv(&mut bytes).ok()?;
        Message::decode(bytes.get(..n)?)
    }

    /// A second handle on the same socket, for the thread that receives.
    ///
    /// # Errors
    /// The system gives no further descriptor.
    pub fn listener(&self) -> io::Result<Listener> {
        Ok(Listener {
            socket: self.socket.try_clone()?,
        })
    }
}

/// Tells every process that has its socket in `directory`. Never blocks.
pub fn tell_in(directory: &Path, message: Message) {
    tell_others(directory, None, &[message]);
}

fn tell_others(directory: &Path, own: Option<&Path>, messages: &[Message]) {
    let texts: Vec<String> = messages.iter().map(Message::encode).collect();
    let Ok(entries) = fs::read_dir(directory) else {
        return;
    };
    let Ok(sender) = UnixDatagram::unbound() else {
        return;
    };
    let _ = sender.set_nonblocking(true);
    for path in entries.flatten().map(|entry| entry.path()) {
        let is_own = own == Some(path.as_path());
        if is_own || path.extension().is_none_or(|extension| extension != "sock") {
            continue;
        }
        for text in &texts {
            let sent = sender.send_to(text.as_bytes(), &path);
            if sent.is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
                let _ = fs::remove_file(&path);
                break;
            }
        }
    }
}

impl Drop for Peers {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// The receiving end for a thread of its own.
#[derive(Debug)]
pub struct Listener {
    socket: UnixDatagram,
}

impl Listener {
    /// Waits for the next datagram; `Err` when the socket is gone, `Ok(None)` for one that is not understood.
    ///
    /// # Errors
    /// Reading failed.
    pub fn receive(&self) -> io::Result<Option<Message>> {
        let mut bytes = [0; 128];
        let n = self.socket.recv(&mut bytes)?;
        Ok(Message::decode(bytes.get(..n).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_survive_the_wire_and_garbage_does_not() {
        let (message, mailbox) = (MessageId::new(7).unwrap(), MailboxId::new(3));
        let wanted = |numbers: &[u32]| WantedPart {
            message,
            mailbox,
            path: PartPath::new(numbers.to_vec()),
        };
        for sent in [
            Message::Journal,
            Message::Keep,
            Message::Rows(mailbox),
            Message::Folders,
            Message::WantBody(message, mailbox),
            Message::Body(message),
            Message::Coming(message),
            Message::NoBody(message),
            Message::FetchAnyway(message, mailbox),
            Message::Metered(message, 1_200_000, u64::MAX),
            Message::Sync(AccountId::new(2)),
            Message::Synced(AccountId::new(2)),
            Message::NotSynced(AccountId::new(2)),
            Message::MakeRoom(AccountId::new(2)),
            Message::WantPart(wanted(&[1, 2])),
            Message::CancelPart(wanted(&[])),
            Message::PartComing(message, PartPath::default(), 1 << 40, u64::MAX),
            Message::PartHere(message, PartPath::new(vec![3])),
            Message::NoPart(message, PartPath::default()),
        ] {
            assert_eq!(Message::decode(sent.encode().as_bytes()), Some(sent));
        }
        for garbage in [
            "",
            "rows",
            "rows -1",
            "body 0",
            "want-body 1",
            "metered 1 2",
            "want-part 1 2",
            "part 1 1..2",
            "rows 99999999999",
            "\u{1b}",
        ] {
            assert_eq!(Message::decode(garbage.as_bytes()), None, "{garbage:?}");
        }
    }

    #[test]
    fn a_dead_peers_socket_is_cleared_away() {
        let directory = tempfile::tempdir().unwrap();
        let peers = Peers::open(directory.path()).unwrap();
        let dead = directory.path().join("1.sock");
        drop(UnixDatagram::bind(&dead).unwrap());
        assert!(dead.exists());
        peers.tell(Message::Journal);
        assert!(!dead.exists());
    }
}
