//! The drafts and the outbox of the fake store.

use sterna::channel::draft::{Base, Draft, DraftId, DraftRow, Revision};
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::channel::operation::Ticket;
use sterna::channel::outbox::{OutboxId, OutboxRow, OutboxState, TakenBack};
use sterna::mail::account::AccountId;
use sterna::mail::composition::{
    Attachment, Composition, Identity, Origin, OriginKind, ReplyKind, Source,
};
use sterna::mail::safe_text::SafeText;

use crate::harness::{HOME, NOW, id, safe};

/// Anna's two addresses.
pub fn identities() -> Vec<(AccountId, Identity)> {
    let identity = |email: &str| Identity {
        name: "Anna Abel".to_owned(),
        email: email.to_owned(),
        signature: "Anna\nHarbour Road 7".to_owned(),
    };
    vec![
        (HOME, identity("anna@example.org")),
        (HOME, identity("a.abel@example.org")),
    ]
}

/// What is kept of mail that is being written and sent.
#[derive(Default)]
pub struct Post {
    pub drafts: Vec<(DraftId, Composition)>,
    pub outbox: Vec<OutboxRow>,
    /// What was handed over, newest last.
    pub sent: Vec<Composition>,
    /// Drafts are saved only when a test says so.
    pub is_slow: bool,
    n_numbers: i64,
}

impl Post {
    fn number(&mut self) -> i64 {
        self.n_numbers += 1;
        self.n_numbers
    }

    pub fn answer(&mut self, effect: Effect) -> Vec<Event> {
        match effect {
            Effect::SaveDraft {
                ticket,
                base,
                composition,
                ..
            } if !self.is_slow => {
                let saved = match base {
                    Base::Draft(seen) => Revision {
                        number: seen.number + 1,
                        ..seen
                    },
                    _ => first(DraftId(self.number())),
                };
                self.drafts.retain(|(other, _)| *other != saved.draft);
                self.drafts.insert(0, (saved.draft, *composition));
                vec![Event::DraftSaved { ticket, saved }]
            }
            Effect::DiscardDraft(seen) => {
                self.drafts.retain(|(other, _)| *other != seen.draft);
                vec![self.listed()]
            }
            Effect::LoadDrafts => vec![self.listed()],
            Effect::LoadDraft(draft) => self.loaded(draft),
            Effect::Send {
                ticket,
                base,
                composition,
                hold_seconds,
                not_before,
                ..
            } => {
                let draft = base.draft();
                self.drafts.retain(|(other, _)| Some(*other) != draft);
                let draft = draft.unwrap_or_else(|| DraftId(self.number()));
                self.sent.push(*composition);
                vec![self.queued(ticket, Some(draft), hold_seconds, not_before)]
            }
            Effect::Bounce {
                ticket,
                hold_seconds,
                ..
            } => vec![self.queued(ticket, None, hold_seconds, None)],
            Effect::TakeBack(outbox) => {
                let outcome = self.taken_back(outbox);
                vec![Event::TakenBack { outbox, outcome }]
            }
            Effect::DropMail(outbox) => {
                self.outbox.retain(|row| row.id != outbox);
                vec![Event::Outbox(self.outbox.clone())]
            }
            Effect::LoadOutbox => vec![Event::Outbox(self.outbox.clone())],
            other => help(other),
        }
    }

    fn queued(
        &mut self,
        ticket: Ticket,
        draft: Option<DraftId>,
        hold_seconds: u32,
        not_before: Option<i64>,
    ) -> Event {
        let outbox = OutboxId(self.number());
        let at = not_before.unwrap_or(NOW + i64::from(hold_seconds));
        let state = if not_before.is_some() {
            OutboxState::Scheduled
        } else {
            OutboxState::Held
        };
        let subject = self.sent.last().map(|mail| mail.subject.clone());
        self.outbox.push(OutboxRow {
            not_before: Some(at),
            draft,
            ..row(outbox.0, state, &subject.unwrap_or_default())
        });
        Event::Queued {
            ticket,
            outbox,
            not_before: at,
        }
    }

    /// As the store does it: only a held mail may go without leaving a draft, and what is leaving stays.
    fn taken_back(&mut self, outbox: OutboxId) -> TakenBack {
        use OutboxState::{Failed, Held, Queued, Scheduled};
        let found = self.outbox.iter().find(|row| row.id == outbox);
        let Some(OutboxRow { state, draft, .. }) = found.cloned() else {
            return TakenBack::TooLate;
        };
        let outcome = match (state, draft) {
            (Held | Scheduled | Queued | Failed, Some(draft)) => TakenBack::Draft(draft),
            (Held, None) => TakenBack::Gone,
            (Scheduled | Queued | Failed, None) => return TakenBack::Whole,
            _ => return TakenBack::TooLate,
        };
        self.outbox.retain(|row| row.id != outbox);
        if let TakenBack::Draft(draft) = outcome {
            let composition = self.sent.last().cloned().unwrap_or_default();
            self.drafts.insert(0, (draft, composition));
        }
        outcome
    }

    fn listed(&self) -> Event {
        let row = |(draft, composition): &(DraftId, Composition)| DraftRow {
            id: *draft,
            account: HOME,
            to: safe(&composition.to),
            subject: safe(&composition.subject),
            changed: NOW - 600,
            revision: 1,
            reason: SafeText::default(),
        };
        Event::Drafts(self.drafts.iter().map(row).collect())
    }

    fn loaded(&self, draft: DraftId) -> Vec<Event> {
        let found = self.drafts.iter().find(|(other, _)| *other == draft);
        let event = found.map(|(draft, composition)| {
            Event::Draft(Box::new(Draft {
                revision: first(*draft),
                account: HOME,
                composition: composition.clone(),
            }))
        });
        event.into_iter().collect()
    }
}

/// What is offered to somebody who writes.
fn help(effect: Effect) -> Vec<Event> {
    match effect {
        Effect::BeginReply {
            ticket,
            account,
            kind,
            ..
        } => vec![Event::Composed {
            ticket,
            account,
            base: Base::New,
            composition: Box::new(answer(kind)),
        }],
        Effect::CompleteAddress { ticket, typed, .. } => vec![Event::Addresses {
            ticket,
            found: known(&typed),
            typed,
            is_more: false,
        }],
        Effect::CompletePath { typed, .. } => {
            let all = ["~/menu.pdf", "~/menu-2.pdf", "~/photos/"];
            let found = all.iter().filter(|path| path.starts_with(&typed));
            vec![Event::Paths {
                found: found.map(|path| (*path).to_owned()).collect(),
                typed,
                is_more: false,
            }]
        }
        Effect::Attach { ticket, path } => vec![Event::Attached {
            ticket,
            outcome: attachment(&path),
        }],
        _ => Vec::new(),
    }
}

/// A draft that was saved once.
pub const fn first(draft: DraftId) -> Revision {
    Revision { draft, number: 1 }
}

fn known(typed: &str) -> Vec<String> {
    let people = [
        "Bob Brown <bob@example.org>",
        "Bodil Berg <bodil@example.net>",
        "Clara Çelik <clara@example.org>",
    ];
    let typed = typed.to_lowercase();
    let all = people.iter();
    let is_meant = |person: &&&str| {
        let person = person.to_lowercase();
        person.starts_with(&typed) || person.contains(&format!("<{typed}"))
    };
    all.filter(is_meant)
        .map(|person| (*person).to_owned())
        .collect()
}

fn attachment(path: &str) -> Result<Attachment, SafeText> {
    if path.contains("missing") {
        return Err(safe(&format!("{path}: no such file")));
    }
    Ok(Attachment {
        name: path.rsplit('/').next().unwrap().to_owned(),
        media_type: "application/pdf".to_owned(),
        size_bytes: 1_250_000,
        source: Source::File(path.into()),
    })
}

/// What a reply to the first message of the inbox begins with.
fn answer(kind: ReplyKind) -> Composition {
    let is_forward = matches!(kind, ReplyKind::Forward | ReplyKind::ForwardAttached);
    let (sign, origin) = if is_forward {
        ("Fwd", OriginKind::Forward)
    } else {
        ("Re", OriginKind::Reply)
    };
    Composition {
        from: "Anna Abel <anna@example.org>".to_owned(),
        to: if is_forward { "" } else { "Bob Brown <bob@example.org>" }.to_owned(),
        subject: format!("{sign}: Lunch on Friday?"),
        body: "On Wed, 18 Mar 2026 14:32, Bob Brown wrote:\n> shall we have lunch on Friday?\n> The new place by the harbour opens at noon.\n\n\n\n-- \nAnna\nHarbour Road 7\n".to_owned(),
        in_reply_to: Some("lunch@example.org".to_owned()),
        references: vec!["lunch@example.org".to_owned()],
        origin: Some(Origin {
            message: id(20),
            kind: origin,
            addressed: vec!["anna@example.org".to_owned()],
        }),
        ..Composition::default()
    }
}

/// A mail of the outbox.
pub fn row(number: i64, state: OutboxState, subject: &str) -> OutboxRow {
    OutboxRow {
        id: OutboxId(number),
        account: HOME,
        message_id: format!("{number}@example.org"),
        from: safe("anna@example.org"),
        to: vec![safe("bob@example.org")],
        subject: safe(subject),
        state,
        attempts: 0,
        error: SafeText::default(),
        not_before: None,
        created: NOW - 60,
        draft: None,
    }
}
