//! Mail that is being written: one composer for each, a tab of its own. Others, and the mail, can be read meanwhile.

use crate::app::completion::Completion;
use crate::app::input::Input;
use crate::app::text_area::TextArea;
use crate::channel::draft::Base;
use crate::channel::operation::Ticket;
use crate::compose::identity::Own;
use crate::compose::{recipients, signature};
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, Identity};
use crate::mail::safe_text::SafeText;

/// A line of a composer, or its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// Who writes: chosen, not typed.
    From,
    /// The recipients.
    To,
    /// Recipients of a copy.
    Cc,
    /// Recipients whom the others do not see.
    Bcc,
    /// Where answers shall go; there only where it is set.
    ReplyTo,
    /// The subject.
    Subject,
    /// An attachment, by its number from 0.
    Attachment(usize),
    /// The text.
    Body,
}

impl Place {
    /// The places that are lines of typed text, with the names that they have.
    pub const TYPED: [(Self, &'static str); 5] = [
        (Self::To, "To"),
        (Self::Cc, "Cc"),
        (Self::Bcc, "Bcc"),
        (Self::ReplyTo, "Reply-To"),
        (Self::Subject, "Subject"),
    ];
}

/// What happens to a composer as soon as no save is on its way: only then is it known which draft it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It closes; what was typed stays as a draft.
    Keep,
    /// It closes, and the draft goes.
    Discard,
    /// The user's own editor gets it.
    Edit,
    /// It is sent.
    Send {
        /// So many seconds later at the earliest, in which it can be taken back.
        hold_seconds: u32,
        /// Not before this moment, in seconds since the epoch; `None` for now.
        not_before: Option<i64>,
    },
}

/// How far the draft on the disk follows what is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Saving {
    /// Counts changes.
    pub revision: u64,
    /// The newest revision that was given to the store.
    pub saved: u64,
    /// A save is on its way.
    pub is_under_way: bool,
    /// A timer will save it.
    pub is_armed: bool,
    /// The store was told that nobody types at it.
    pub is_left: bool,
}

/// One mail that is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composer {
    /// Tells it from others, in timers and tickets.
    pub number: u64,
    /// The account that it is written for.
    pub account: AccountId,
    /// What it goes on from: its draft on this machine, after the first save.
    pub base: Base,
    /// From, as it will be built.
    pub from: String,
    /// The lines of [`Place::TYPED`].
    pub lines: [Input; 5],
    /// The text.
    pub body: TextArea,
    /// What is not typed: attachments, references, where it comes from.
    pub rest: Composition,
    /// Where the cursor is.
    pub place: Place,
    /// Whether keys are text; else they are commands.
    pub is_typing: bool,
    /// How the draft fares.
    pub saving: Saving,
    /// What the address that is typed may become.
    pub completion: Option<Completion>,
    /// What comes once nothing is on its way any more.
    pub then: Option<Then>,
    /// It was given away to be sent, and no answer has come.
    pub is_sending: bool,
    /// An editor has it: what that writes is saved over what it was given.
    pub is_lent: bool,
    /// Files that are to be attached and are still looked at.
    pub n_looked_at: usize,
    /// It was begun with parts of another mail, which a draft keeps at hand, and nobody has typed at it.
    pub is_only_begun: bool,
}

impl Composer {
    /// A composer on a mail, where its writer goes on: at the first thing that is missing.
    #[must_use]
    pub fn new(number: u64, account: AccountId, composition: Composition) -> Self {
        let place = if composition.to.is_empty() {
            Place::To
        } else if composition.subject.is_empty() {
            Place::Subject
        } else {
            Place::Body
        };
        let mut body = TextArea::new(&composition.body);
        body.go_to(start_of_line(
            body.text(),
            composition.first_line_to_write(),
        ));
        let lines = [
            &composition.to,
            &composition.cc,
            &composition.bcc,
            &composition.reply_to,
            &composition.subject,
        ];
        Self {
            number,
            account,
            base: Base::New,
            from: composition.from.clone(),
            lines: lines.map(|line| Input::new(line)),
            body,
            place,
            is_typing: true,
            saving: Saving::default(),
            completion: None,
            then: None,
            is_sending: false,
            is_lent: false,
            n_looked_at: 0,
            is_only_begun: false,
            rest: composition,
        }
    }

    /// The number under which the store answers.
    #[must_use]
    pub const fn ticket(&self) -> Ticket {
        Ticket(self.number)
    }

    /// The mail as it is typed now.
    #[must_use]
    pub fn composition(&self) -> Composition {
        let [to, cc, bcc, reply_to, subject] = &self.lines;
        Composition {
            from: self.from.clone(),
            to: to.text(),
            cc: cc.text(),
            bcc: bcc.text(),
            reply_to: reply_to.text(),
            subject: subject.text(),
            body: self.body.text().to_owned(),
            ..self.rest.clone()
        }
    }

    /// Takes over what an editor made of it. No editor sees what is attached: that stays.
    pub fn replace(&mut self, composition: Composition) {
        self.from.clone_from(&composition.from);
        let typed = [
            &composition.to,
            &composition.cc,
            &composition.bcc,
            &composition.reply_to,
            &composition.subject,
        ];
        for (line, text) in self.lines.iter_mut().zip(typed) {
            *line = Input::new(text);
        }
        self.body.replace_all(&composition.body);
        self.rest = Composition {
            attachments: std::mem::take(&mut self.rest.attachments),
            ..composition
        };
        self.changed();
    }

    /// Has the account follow From: a mail from an address of another account is sent by that one's server. True where it
    /// is another account now.
    pub fn follow_from(&mut self, identities: &[(AccountId, Identity)]) -> bool {
        let from = recipients::parse(&self.from).unwrap_or_default();
        let own = Own {
            account: self.account,
            identities,
            silent: &[],
        };
        let writer = from.first().and_then(|from| own.writer(&from.addr));
        match writer {
            Some((owner, _)) if *owner != self.account => {
                self.account = *owner;
                true
            }
            _ => false,
        }
    }

    /// Begins a new mail with parts of another one: a draft keeps them at hand from the beginning, whatever becomes of that.
    pub fn keep_parts(&mut self) {
        let mut attachments = self.rest.attachments.iter();
        if self.base == Base::New && attachments.any(|file| file.source.message().is_some()) {
            self.is_only_begun = true;
            self.unsaved();
        }
    }

    /// Notes that something was typed.
    pub const fn changed(&mut self) {
        self.is_only_begun = false;
        self.saving.is_left = false;
        self.unsaved();
    }

    /// Notes that something differs from what the store has.
    pub const fn unsaved(&mut self) {
        self.saving.revision = self.saving.revision.saturating_add(1);
    }

    /// Whether the store lacks something of it.
    #[must_use]
    pub const fn is_unsaved(&self) -> bool {
        self.saving.revision != self.saving.saved
    }

    /// The typed line under the cursor; `None` at other places.
    pub fn line_mut(&mut self) -> Option<&mut Input> {
        let index = Place::TYPED
            .iter()
            .position(|(place, _)| *place == self.place)?;
        self.lines.get_mut(index)
    }

    /// The typed line of a place; `None` for other places.
    #[must_use]
    pub fn line(&self, wanted: Place) -> Option<&Input> {
        let index = Place::TYPED
            .iter()
            .position(|(place, _)| *place == wanted)?;
        self.lines.get(index)
    }

    /// Whether it is there to be worked on, and not leaving.
    #[must_use]
    pub const fn has_tab(&self) -> bool {
        matches!(self.then, None | Some(Then::Edit)) && !self.is_sending
    }

    /// Every place, from the top down.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        let mut places = vec![Place::From];
        let typed = Place::TYPED.iter().map(|(place, _)| *place);
        // Hardly anybody sets it; where it is set, it is seen.
        let is_shown = |place: &Place| *place != Place::ReplyTo || !self.rest.reply_to.is_empty();
        places.extend(typed.filter(is_shown));
        places.extend((0..self.rest.attachments.len()).map(Place::Attachment));
        places.push(Place::Body);
        places
    }

    /// Moves the cursor to the next place or the one before, not beyond the ends; false at an end.
    pub fn step(&mut self, by: isize) -> bool {
        let mut places = self.places();
        if self.is_typing {
            places.retain(|place| !matches!(place, Place::Attachment(_)));
        }
        let at = places.iter().position(|place| *place == self.place);
        let next = at.unwrap_or(0).checked_add_signed(by);
        let next = next.and_then(|next| places.get(next)).copied();
        self.completion = None;
        if let Some(next) = next {
            self.place = next;
        }
        next.is_some()
    }

    /// A name for its tab.
    #[must_use]
    pub fn title(&self) -> SafeText {
        let [to, .., subject] = &self.lines;
        let title = [subject, to].into_iter().find(|line| !line.is_empty());
        title.map_or_else(
            || SafeText::own("New mail"),
            |line| SafeText::line(&line.text()),
        )
    }

    /// Writes under the next of the given identities, with its signature where the one before stands unchanged.
    pub fn turn_identity(&mut self, identities: &[(AccountId, Identity)], by: isize) {
        let is_here = |(account, identity): &(AccountId, Identity)| {
            *account == self.account && from_line(identity) == self.from
        };
        let here = identities.iter().position(is_here);
        let n = isize::try_from(identities.len()).unwrap_or(0);
        let next = match here.and_then(|at| isize::try_from(at).ok()) {
            Some(at) => at.saturating_add(by).rem_euclid(n.max(1)),
            None => 0,
        };
        let next = usize::try_from(next).unwrap_or(0);
        let Some((account, identity)) = identities.get(next) else {
            return;
        };
        let before = here.and_then(|at| identities.get(at));
        let body = self.body.text();
        let end = before.and_then(|(_, before)| signature::exchanged(body, before, identity));
        if let Some((at, end)) = end {
            self.body.replace_end(at, &end);
        }
        (self.from, self.account) = (from_line(identity), *account);
        self.changed();
    }
}

/// A From line of an identity: the name in quotes where it needs them.
#[must_use]
pub fn from_line(identity: &Identity) -> String {
    crate::compose::reply::fresh(identity).from
}

fn start_of_line(text: &str, line: usize) -> usize {
    let mut starts = text.match_indices('\n').map(|(at, _)| at + 1);
    match line.checked_sub(1) {
        Some(n) => starts.nth(n).unwrap_or(text.len()),
        None => 0,
    }
}
