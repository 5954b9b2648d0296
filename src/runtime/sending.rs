//! Building a mail and putting it into the outbox, on a thread of its own. What it is made of and is not on this machine
//! any more is fetched once.

use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::channel::draft::Base;
use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::channel::outbox::{NotSent, Outgoing};
use crate::compose::build;
use crate::engine::once::find::Want;
use crate::engine::submitter::material::{self, Lack};
use crate::mail::account::AccountId;
use crate::mail::composition::Composition;
use crate::mail::mailbox::{MailboxId, MailboxName};
use crate::mail::message_id::MessageId;
use crate::mail::outgoing::Moment;
use crate::mail::safe_text::SafeText;
use crate::runtime::aside::{begin, too_dear};
use crate::runtime::lacking::{Lacking, Work};
use crate::runtime::render::Answer;
use crate::runtime::writing::Author;
use crate::store::Store;

/// A mail that is to be built and queued.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The screen's number.
    pub ticket: Ticket,
    /// Which account sends.
    pub account: AccountId,
    /// What it was written in.
    pub base: Base,
    /// What was typed.
    pub composition: Composition,
    /// Seconds in which it can be taken back.
    pub hold_seconds: u32,
    /// Not before this moment, in seconds since the epoch; `None` for now.
    pub not_before: Option<i64>,
    /// When it is built.
    pub moment: Moment,
    /// Who writes, and what may be fetched for that.
    pub author: Arc<Author>,
    /// This message was fetched for it: what is missing of that now will not come.
    pub fetched: Option<MessageId>,
}

impl Parcel {
    /// That it is not sent, as an event.
    #[must_use]
    pub fn refused(&self, why: &str) -> Event {
        Event::SendRefused {
            ticket: self.ticket,
            error: SafeText::line(why).into(),
        }
    }

    /// That it is not sent, as this message is nowhere any more.
    fn gone(&self, message: MessageId) -> Event {
        Event::SendRefused {
            ticket: self.ticket,
            error: NotSent {
                words: SafeText::own(GONE),
                gone: Some(message),
            },
        }
    }
}

/// What is said of a mail whose attachments nobody has any more.
const GONE: &str = "a message that it is made of is gone, from the server and from this machine";

/// Builds a mail and puts it into the outbox.
pub fn send(store: &Store, answers: &Sender<Answer>, parcel: Parcel) {
    let (store, again, tell) = (store.clone(), parcel.clone(), answers.clone());
    begin(
        answers,
        move |why| again.refused(why),
        move || match material::of(
            &store,
            parcel.base.draft(),
            &parcel.composition.attachments,
            material::MOST_BYTES,
        ) {
            Ok(material) => queue(&store, parcel, &material),
            Err(Lack::Missing(message)) => Some(fetch(&store, parcel, message, &tell)),
            Err(Lack::Said(why)) => Some(Answer::Event(parcel.refused(&why))),
        },
    );
}

fn queue(store: &Store, parcel: Parcel, material: &[Vec<u8>]) -> Option<Answer> {
    let built = match build::build(&parcel.composition, material, &parcel.moment) {
        Ok(built) => built,
        Err(error) => return Some(Answer::Event(parcel.refused(&error.to_string()))),
    };
    let mail = Outgoing {
        account: parcel.account,
        built,
        origin: parcel.composition.origin.clone(),
        base: parcel.base,
        composition: Some(parcel.composition),
        hold_seconds: parcel.hold_seconds,
        not_before: parcel.not_before,
    };
    store.writer().queue(parcel.ticket, Box::new(mail));
    None
}

/// Has a message fetched that the mail is made of. That takes a while, so the mail is kept as a draft before.
fn fetch(store: &Store, mut parcel: Parcel, message: MessageId, tell: &Sender<Answer>) -> Answer {
    let writer = store.writer();
    if let Ok(saved) =
        writer.save_draft_now(parcel.account, parcel.base, parcel.composition.clone())
    {
        let ticket = parcel.ticket;
        let _ = tell.send(Answer::Event(Event::DraftSaved { ticket, saved }));
        parcel.base = Base::Draft(saved);
    }
    match place(store, &parcel, message) {
        Ok(Place::At(account, mailbox)) if parcel.fetched != Some(message) => {
            parcel.fetched = Some(message);
            Answer::NotHere(Box::new(Lacking {
                account,
                message,
                mailbox,
                want: Want::Whole,
                was_fetched: false,
                work: Work::Send(Box::new(parcel)),
            }))
        }
        Ok(Place::At(..)) => Answer::Event(parcel.refused(NOT_WHOLE)),
        Ok(Place::Barred(words)) => Answer::Event(parcel.refused(&words)),
        Ok(Place::Nowhere) => Answer::Event(parcel.gone(message)),
        Err(error) => Answer::Event(parcel.refused(&error.to_string())),
    }
}

/// Where a message is that a mail is made of.
enum Place {
    /// Wherever: a mail may be made of what lies in another account than the one that sends.
    At(AccountId, MailboxId),
    /// It is not fetched now, in words.
    Barred(String),
    Nowhere,
}

fn place(store: &Store, parcel: &Parcel, message: MessageId) -> Result<Place, StoreError> {
    let mut reader = store.reader()?;
    let Some(mailbox) = reader.source(message, MailboxId::new(0))? else {
        let folder = reader.awaited_in(message)?;
        return Ok(folder.map_or(Place::Nowhere, |folder| Place::Barred(awaited(&folder))));
    };
    let info = reader.mailbox(mailbox)?;
    let account = info.map_or(parcel.account, |info| info.account);
    let limit = parcel.author.metered_bytes(account);
    let words = too_dear(&mut reader, (message, mailbox), limit)?;
    Ok(words.map_or(Place::At(account, mailbox), Place::Barred))
}

/// What is said of one that was fetched, and yet is not here.
const NOT_WHOLE: &str = "a message that it is made of could not be fetched whole";

/// What is said of a message that is not found again yet, since the cache was lost.
fn awaited(folder: &MailboxName) -> String {
    let folder = folder.display();
    format!(
        "not sent yet: a message that it is made of is in {folder}, which is still being read; send it again then"
    )
}
