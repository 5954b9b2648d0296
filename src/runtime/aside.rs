//! Work for mail that is being written, each piece on a thread of its own: taking a message up, looking at files. Every
//! piece ends in one event.

use std::path::Path;
use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::channel::draft::{Base, ServerCopy};
use crate::channel::error::{RemoteError, StoreError};
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::channel::outbox::Outgoing;
use crate::cli::message::is_enough;
use crate::compose::{bounce, identity, media, reply};
use crate::engine::once::find::Want;
use crate::engine::opened::opened;
use crate::engine::submitter::material::{MOST_BYTES, TOO_LARGE};
use crate::mail::account::AccountId;
use crate::mail::composition::{Attachment, Composition, ReplyKind, Source};
use crate::mail::mailbox::MailboxId;
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Moment;
use crate::mail::safe_text::SafeText;
use crate::mime::{answering, header};
use crate::runtime::editor;
use crate::runtime::lacking::{Lacking, Work};
use crate::runtime::presence::Presence;
use crate::runtime::render::Answer;
use crate::runtime::typed_path::{paths, resolved};
use crate::runtime::writing::Author;
use crate::store::Store;
use crate::store::bodies::StoredBody;
use crate::store::outgoing::draft_copies::Holder;
use crate::store::reader::Reader;

/// A message that is taken up.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The screen's number.
    pub ticket: Ticket,
    /// Whose message.
    pub account: AccountId,
    /// Which.
    pub message: MessageId,
    /// Where it is.
    pub mailbox: MailboxId,
    /// What for.
    pub purpose: Purpose,
    /// Who writes.
    pub author: Arc<Author>,
    /// It was fetched for this: what is missing now will not come.
    pub was_fetched: bool,
}

/// What a message is taken up for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// To begin a mail with it.
    Mail(ReplyKind),
    /// To give it on as it is.
    Bounce {
        /// To whom, as typed.
        to: String,
        /// Seconds in which it can be taken back.
        hold_seconds: u32,
        /// When.
        moment: Moment,
    },
}

impl Taken {
    /// What of the message has to be here.
    #[must_use]
    pub const fn want(&self) -> Want {
        match self.purpose {
            Purpose::Mail(
                ReplyKind::Sender | ReplyKind::All | ReplyKind::List | ReplyKind::Unquoted,
            ) => Want::Body,
            _ => Want::Whole,
        }
    }

    fn composed(&self, base: Base, account: AccountId, composition: Composition) -> Event {
        Event::Composed {
            ticket: self.ticket,
            account,
            base,
            composition: Box::new(composition),
        }
    }

    /// That it failed, as an event.
    #[must_use]
    pub fn failed(&self, why: &str) -> Event {
        let what = match self.purpose {
            Purpose::Bounce { .. } => "not bounced: ",
            Purpose::Mail(_) => "",
        };
        Event::ComposeFailed {
            ticket: self.ticket,
            error: SafeText::line(&format!("{what}{why}")),
        }
    }
}

/// Runs a piece of work on its own thread; what it cannot even begin is answered by `failed`.
pub fn begin(
    answers: &Sender<Answer>,
    failed: impl FnOnce(&str) -> Event,
    work: impl FnOnce() -> Option<Answer> + Send + 'static,
) {
    let tell = answers.clone();
    let spawned = std::thread::Builder::new()
        .name("writing".to_owned())
        // As for the render thread: parsers of foreign nesting get room.
        .stack_size(8 * 1024 * 1024)
        .spawn(move || {
            if let Some(answer) = work() {
                let _ = tell.send(answer);
            }
        });
    if let Err(error) = spawned {
        let _ = answers.send(Answer::Event(failed(&error.to_string())));
    }
}

/// Takes a message up; one that is not here is asked for.
pub fn take_up(store: &Store, answers: &Sender<Answer>, taken: Taken) {
    let (store, again) = (store.clone(), taken.clone());
    begin(
        answers,
        move |why| again.failed(why),
        move || match taken_up(&store, &taken) {
            Ok(Some(event)) => Some(Answer::Event(event)),
            Ok(None) => None,
            Err(Trouble::Missing) => Some(Answer::NotHere(Box::new(Lacking {
                account: taken.account,
                message: taken.message,
                mailbox: taken.mailbox,
                want: taken.want(),
                was_fetched: taken.was_fetched,
                work: Work::TakeUp(taken),
            }))),
            Err(Trouble::Said(why)) => Some(Answer::Event(taken.failed(&why))),
        },
    );
}

/// Why nothing came of a message.
enum Trouble {
    /// What is needed of it is not on this machine.
    Missing,
    /// In words.
    Said(String),
}

impl<E: std::fmt::Display> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Said(error.to_string())
    }
}

fn taken_up(store: &Store, taken: &Taken) -> Result<Option<Event>, Trouble> {
    let (mut reader, mut base) = (store.reader()?, Base::New);
    if let Purpose::Mail(ReplyKind::Draft) = taken.purpose {
        base = base_of(&mut reader, taken)?;
        if let Some(draft) = base.draft() {
            // It goes on as it was typed here; what the server has may be older.
            let draft = reader.draft(draft)?.ok_or(SENT)?;
            let base = Base::Draft(draft.revision);
            return Ok(Some(taken.composed(base, draft.account, draft.composition)));
        }
    }
    let body = reader.body(taken.message)?;
    let body = body.filter(|body| is_enough(body, &taken.want()));
    let Some(body) = body else {
        return Err(missing(&mut reader, taken)?);
    };
    match &taken.purpose {
        Purpose::Mail(kind) => {
            let composition = composed(store, taken, *kind, &body)?;
            Ok(Some(taken.composed(base, taken.account, composition)))
        }
        Purpose::Bounce {
            to,
            hold_seconds,
            moment,
        } => {
            let StoredBody::Whole(bytes) = &body else {
                return Err(Trouble::Missing);
            };
            let own = taken.author.own(taken.account);
            let (envelope, answering) = (header::envelope(bytes), answering::read(bytes));
            let chosen = identity::choose(own, &envelope, &answering);
            let (account, me) = chosen.writer.ok_or(NO_SERVER)?;
            let built = bounce::bounce(bytes, me, to, moment)?;
            let mail = Outgoing {
                account: *account,
                built,
                origin: None,
                base,
                composition: None,
                hold_seconds: *hold_seconds,
                not_before: None,
            };
            store.writer().queue(taken.ticket, Box::new(mail));
            Ok(None)
        }
    }
}

/// What is said where no account can send.
const NO_SERVER: &str = "there is no server to send with";
/// What is said of a copy whose draft went into the outbox.
const IN_OUTBOX: &str = "this draft is in the outbox: take it back there to go on with it";
/// What is said of one that was removed meanwhile.
const GONE: &str = "this draft is not in the folder any more";
/// What is said of a copy that is to go.
const SENT: &str =
    "this draft was sent or discarded; it goes from the server with the next look at it";

/// What a draft on the server is gone on with: the one on this machine that it is a copy of, or itself.
fn base_of(reader: &mut Reader, taken: &Taken) -> Result<Base, Trouble> {
    let Some(key) = reader.key(taken.message, taken.mailbox)? else {
        let row = reader.row(taken.message, taken.mailbox)?;
        // It may have no address yet.
        return row.map(|_| Base::New).ok_or_else(|| GONE.into());
    };
    let copy = ServerCopy {
        mailbox: key.mailbox,
        validity: key.validity.get(),
        uid: key.uid.get(),
    };
    match reader.holder_of(copy)? {
        None => Ok(Base::Server(copy)),
        Some(Holder::Draft(draft)) => {
            let draft = reader.draft(draft)?.ok_or(SENT)?;
            Ok(Base::Draft(draft.revision))
        }
        Some(Holder::Outbox) => Err(IN_OUTBOX.into()),
        Some(Holder::Over) => Err(SENT.into()),
    }
}

/// A message that is not here is fetched, but none that takes more than may be fetched without a question. What a text
/// alone takes, the engine knows.
fn missing(reader: &mut Reader, taken: &Taken) -> Result<Trouble, StoreError> {
    let limit = taken.author.metered_bytes(taken.account);
    let limit = limit.filter(|_| taken.want() == Want::Whole);
    let words = too_dear(reader, (taken.message, taken.mailbox), limit)?;
    Ok(words.map_or(Trouble::Missing, Trouble::Said))
}

/// Why a whole message is not fetched without a question; `None` where it may be.
///
/// # Errors
/// What the disk said.
pub fn too_dear(
    reader: &mut Reader,
    (message, mailbox): (MessageId, MailboxId),
    limit: Option<u64>,
) -> Result<Option<String>, StoreError> {
    let bytes = reader.size_bytes(message)?;
    let Some(limit) = limit.filter(|limit| bytes > *limit) else {
        return Ok(None);
    };
    let info = reader.mailbox(mailbox)?;
    if info.is_some_and(|info| info.name.is_local()) {
        return Ok(None); // From a file, that is.
    }
    let error = RemoteError::Metered { bytes, limit };
    Ok(Some(format!("{error}; keep it on this machine first")))
}

fn composed(
    store: &Store,
    taken: &Taken,
    kind: ReplyKind,
    body: &StoredBody,
) -> Result<Composition, Trouble> {
    let header = match body {
        StoredBody::Whole(bytes) | StoredBody::Parts { header: bytes, .. } => bytes,
    };
    let size = u64::try_from(body.n_bytes()).unwrap_or(u64::MAX);
    let composition = opened(store, taken.message, body, |message| {
        let original = reply::Original::new(Some(taken.message), header, message, size);
        reply::reply(&original, kind, taken.author.own(taken.account))
    })?;
    Ok(composition?)
}

/// Puts what editors left of a crash into its drafts, and says so; also what was typed when a process ended, where no other
/// screen is there at which it may be typed now.
pub fn recover(store: &Store, answers: &Sender<Answer>, data: &Path, presence: &Presence) {
    let (store, data, presence) = (store.clone(), data.to_owned(), presence.clone());
    let failed = |why: &str| Event::Notice(SafeText::line(why));
    begin(answers, failed, move || {
        let n_edited = editor::recover(&data, &store);
        let unfinished = presence.begin(&data, || match n_edited {
            0 => unfinished(&store),
            _ => None,
        });
        let said = match n_edited {
            0 => unfinished?,
            1 => "1 mail that an editor had is a draft again".to_owned(),
            n => format!("{n} mails that editors had are drafts again"),
        };
        Some(Answer::Event(Event::Notice(SafeText::line(&said))))
    });
}

/// What is said, once, of drafts that were typed at when a process ended; nothing where there are none.
fn unfinished(store: &Store) -> Option<String> {
    match store.writer().leave_drafts_now().ok()? {
        0 => None,
        1 => Some("1 mail was not finished: the drafts have it".to_owned()),
        n => Some(format!("{n} mails were not finished: the drafts have them")),
    }
}

/// Looks at a file that is to be attached.
pub fn attach(answers: &Sender<Answer>, ticket: Ticket, typed: String) {
    let failed = move |why: &str| Event::Attached {
        ticket,
        outcome: Err(SafeText::line(why)),
    };
    begin(answers, failed, move || {
        let outcome = attachment(&typed).map_err(|why| SafeText::line(&format!("{typed}: {why}")));
        Some(Answer::Event(Event::Attached { ticket, outcome }))
    });
}

fn attachment(typed: &str) -> Result<Attachment, String> {
    let path = std::path::absolute(resolved(typed)).map_err(|error| error.to_string())?;
    let known = std::fs::metadata(&path).map_err(|error| error.to_string())?;
    if !known.is_file() {
        return Err("it is no file".to_owned());
    }
    if known.len() > MOST_BYTES {
        return Err(TOO_LARGE.to_owned());
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Ok(Attachment {
        media_type: media::type_of(&name).to_owned(),
        name: name.into_owned(),
        size_bytes: known.len(),
        source: Source::File(path),
    })
}

/// Looks for what a path may become.
pub fn complete(answers: &Sender<Answer>, typed: String) {
    let again = typed.clone();
    let failed = move |_: &str| Event::Paths {
        typed: again,
        found: Vec::new(),
        is_more: false,
    };
    begin(answers, failed, move || {
        let (found, is_more) = paths(&typed);
        Some(Answer::Event(Event::Paths {
            typed,
            found,
            is_more,
        }))
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_not_attached() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("grüße.PDF");
        std::fs::write(&path, "abc").unwrap();
        let attached = attachment(path.to_str().unwrap()).unwrap();
        assert_eq!(
            (attached.name.as_str(), attached.size_bytes),
            ("grüße.PDF", 3)
        );
        assert_eq!(attached.media_type, "application/pdf");
        assert!(attachment(directory.path().to_str().unwrap()).is_err());
        assert!(attachment("/no/such/file").is_err());
    }
}
