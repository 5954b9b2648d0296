//! One connection that adds messages to a mailbox, for an import. It needs no lock: it touches neither journal nor cache,
//! and the engine hears of the messages like of any others.

use std::time::{Duration, Instant};

use crate::channel::error::RemoteError;
use crate::engine::once::talk::Talk;
use crate::engine::{Setup, once};
use crate::mail::flag::Flags;
use crate::mail::mailbox::MailboxName;
use crate::mail::safe_text::SafeText;
use crate::mail::secret::Secret;
use crate::mail::uid::{Uid, UidValidity};
use crate::remote::command::append;
use crate::remote::response::Status;
use crate::remote::response::code::Code;

/// How long a connection has its place before others have a turn.
const OWN_TURN: Duration = Duration::from_secs(10);

/// A message to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its bytes, with CRLF at the ends of lines.
    pub bytes: Vec<u8>,
    /// Its flags.
    pub flags: Flags,
    /// When it was received, seconds since the epoch; `None` for now.
    pub internal_date: Option<i64>,
    /// The Message-ID without brackets; empty where it has none.
    pub message_id: String,
    /// That is its Resent-Message-ID.
    pub is_resent: bool,
    /// An earlier attempt may have added it: it is looked for first.
    pub doubt: Option<Doubt>,
}

/// Where to look for a message that may have been added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Doubt {
    /// Not below this UID.
    pub from: Uid,
    /// So many with its Message-ID are other messages that were added since.
    pub n_others: usize,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Fate {
    /// It was added.
    Added,
    /// The earlier attempt had added it.
    There,
    /// The server does not want it, or cannot be given it: a sentence.
    Refused(SafeText),
}

/// Gives messages and hears what became of them.
pub trait Feed {
    /// The mailbox is there: its epoch and the UID that the next message gets, where the server tells them.
    fn begin(&mut self, validity: Option<UidValidity>, uid_next: Option<Uid>);

    /// The next messages, no two of them with the same Message-ID; none at the end.
    fn next_batch(&mut self) -> Vec<Letter>;

    /// What became of one of the last batch, by its position.
    fn ended(&mut self, position: usize, fate: Fate);
}

/// Adds every message that the feed gives.
///
/// # Errors
/// As the connection says; `Refused` where there is no such mailbox, or no room for any further message.
pub fn run(
    setup: &Setup,
    secret: &Secret,
    mailbox: &MailboxName,
    feed: &mut dyn Feed,
) -> Result<(), RemoteError> {
    let open = || Talk::open(setup, secret);
    let mut adding = Adding {
        talk: open()?,
        mailbox,
    };
    adding.begin(feed)?;
    let mut since = Instant::now();
    while adding.next(feed)? {
        // An import may take hours: whoever waits for the place has a turn, not so soon that connections begin in a row.
        if since.elapsed() >= OWN_TURN
            && let Some(turn) = adding.talk.is_wanted_for()
        {
            adding.talk.end();
            once::pause(turn);
            adding.talk = open()?;
            adding.begin(feed)?; // It may be another folder of that name.
            since = Instant::now();
        }
    }
    adding.talk.end();
    Ok(())
}

/// The same over a connection that is there already, and stays.
pub(in crate::engine) fn run_over(
    talk: Talk,
    mailbox: &MailboxName,
    feed: &mut dyn Feed,
) -> Result<(), RemoteError> {
    let mut adding = Adding { talk, mailbox };
    adding.begin(feed)?;
    while adding.next(feed)? {}
    adding.talk.end();
    Ok(())
}

struct Adding<'a> {
    talk: Talk,
    mailbox: &'a MailboxName,
}

impl Adding<'_> {
    fn begin(&mut self, feed: &mut dyn Feed) -> Result<(), RemoteError> {
        let status = self.talk.status(self.mailbox)?;
        feed.begin(status.uid_validity, status.uid_next.and_then(Uid::new));
        Ok(())
    }

    /// Adds the next batch; false at the end.
    fn next(&mut self, feed: &mut dyn Feed) -> Result<bool, RemoteError> {
        let batch = feed.next_batch();
        let is_more = !batch.is_empty();
        if is_more {
            self.batch(batch, feed)?;
        }
        Ok(is_more)
    }

    fn batch(&mut self, batch: Vec<Letter>, feed: &mut dyn Feed) -> Result<(), RemoteError> {
        // All that is in doubt first: what is asked meanwhile would hear the ends of other commands.
        let mut wanted = Vec::with_capacity(batch.len());
        for (position, letter) in batch.into_iter().enumerate() {
            if self.is_there(&letter)? {
                feed.ended(position, Fate::There);
            } else {
                wanted.push((position, letter));
            }
        }
        let mut in_flight = Vec::new();
        for (position, letter) in wanted {
            let Letter {
                bytes,
                flags,
                internal_date,
                ..
            } = letter;
            match append::append(self.mailbox, &flags, internal_date, bytes) {
                Ok(command) => in_flight.push((self.talk.send(command), position)),
                Err(unsendable) => {
                    let why = SafeText::line(&unsendable.to_string());
                    feed.ended(position, Fate::Refused(why));
                }
            }
        }
        while !in_flight.is_empty() {
            let end = self.talk.next_end(&mut |_| {})?;
            let Some(at) = in_flight.iter().position(|(tag, _)| *tag == end.tag) else {
                continue;
            };
            let (_, position) = in_flight.swap_remove(at);
            if end.status == Status::Ok {
                feed.ended(position, Fate::Added);
                continue;
            }
            let error = RemoteError::Refused {
                action: "add the message",
                text: end.text,
            };
            // What holds for every message ends it all.
            if matches!(
                end.code,
                Some(Code::OverQuota | Code::TryCreate | Code::NoPerm)
            ) {
                return Err(error);
            }
            let why = SafeText::line(&error.to_string());
            feed.ended(position, Fate::Refused(why));
        }
        Ok(())
    }

    /// Whether an earlier attempt has added a message. Without a Message-ID nobody can tell: rather twice than never.
    fn is_there(&mut self, letter: &Letter) -> Result<bool, RemoteError> {
        let Some(doubt) = letter.doubt.filter(|_| !letter.message_id.is_empty()) else {
            return Ok(false);
        };
        let id = (letter.message_id.as_str(), letter.is_resent);
        let found = self.talk.search(self.mailbox, doubt.from, id)?;
        Ok(found.len() > doubt.n_others)
    }
}
