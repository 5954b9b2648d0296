//! What tests of composers share: the composer that is seen, and the answers that come late, from an editor, from whoever
//! takes a message up, from a file.

use sterna::channel::draft::{Base, Revision, ServerCopy};
use sterna::channel::effect::Effect;
use sterna::channel::event::{Event, Timer};
use sterna::channel::operation::Ticket;
use sterna::mail::composition::{Attachment, Composition, ReplyKind, Source};
use sterna::mail::mailbox::MailboxId;

use crate::harness::*;

pub fn screen() -> Screen {
    Screen::new(inbox()).at(100, 30)
}

/// The mail that is seen, as it is typed now.
pub fn front(screen: &Screen) -> Composition {
    screen.model.composers.front().unwrap().composition()
}

pub fn autosave(screen: &mut Screen) {
    screen.ring(|timer| matches!(timer, Timer::Autosave(_)));
}

/// What was given to the store, and whether nobody types at it any more.
pub fn saves(screen: &Screen) -> Vec<(Base, bool)> {
    let effects = screen.effects.iter();
    let saves = effects.filter_map(|effect| match effect {
        Effect::SaveDraft { base, is_left, .. } => Some((*base, *is_left)),
        _ => None,
    });
    saves.collect()
}

/// A mail that an editor has.
pub struct Lent {
    pub ticket: Ticket,
    pub base: Base,
    pub composition: Composition,
}

impl Lent {
    /// What was given to an editor just now.
    pub fn by(screen: &Screen) -> Self {
        match screen.effects.last().cloned() {
            Some(Effect::EditExternally {
                ticket,
                base,
                composition,
                ..
            }) => Self {
                ticket,
                base,
                composition: *composition,
            },
            other => panic!("{other:?}"),
        }
    }

    /// The editor ended and left this.
    pub fn edited(&self, composition: Composition, saved: Option<Revision>) -> Event {
        Event::Edited {
            ticket: self.ticket,
            composition: Some(Box::new(composition)),
            saved,
            remark: safe(""),
        }
    }
}

/// Presses a key that takes a message up, for which nothing answers yet.
pub fn taken_up(screen: &mut Screen, keys: &str) -> (Ticket, ReplyKind) {
    let answers = std::mem::replace(&mut screen.answers, false);
    screen.press(keys);
    screen.answers = answers;
    match screen.effects.last() {
        Some(Effect::BeginReply { ticket, kind, .. }) => (*ticket, *kind),
        other => panic!("{other:?}"),
    }
}

/// The answer to that.
pub fn composed(ticket: Ticket, base: Base, composition: Composition) -> Event {
    Event::Composed {
        ticket,
        account: HOME,
        base,
        composition: Box::new(composition),
    }
}

/// A draft that another program left on the server.
pub const fn on_the_server() -> Base {
    Base::Server(ServerCopy {
        mailbox: MailboxId::new(9),
        validity: 1,
        uid: 77,
    })
}

/// A file was looked at.
pub fn attached(ticket: Ticket, name: &str) -> Event {
    Event::Attached {
        ticket,
        outcome: Ok(Attachment {
            name: name.to_owned(),
            media_type: "application/pdf".to_owned(),
            size_bytes: 1,
            source: Source::File(name.into()),
        }),
    }
}
