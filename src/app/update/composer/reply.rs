//! Replies, forwards and the like: what the mail under the cursor becomes.

use crate::app::completion::{Completion, Taken};
use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::{Bounce, Overlay};
use crate::app::update::composer::{self, completion};
use crate::app::update::notice;
use crate::channel::draft::Base;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::Ticket;
use crate::command::verb::Verb;
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, ReplyKind};
use crate::mail::mailbox::Role;
use crate::mail::safe_text::SafeText;

/// Takes up the message under the cursor, or the open one, in one of the ways.
pub fn begin(model: &mut Model, kind: ReplyKind) -> Vec<Effect> {
    let (Some(target), Some(account)) = (model.message.wanted, model.list.account) else {
        return notice::say(model, "no message here");
    };
    if model.settings.identities.is_empty() {
        return composer::no_server(model, Some(account));
    }
    let number = model.next_number();
    model.awaited_reply = Some(number);
    vec![Effect::BeginReply {
        ticket: Ticket(number),
        account,
        message: target.message,
        mailbox: target.mailbox,
        kind,
    }]
}

/// The way that a verb means.
#[must_use]
pub const fn kind(verb: Verb) -> Option<ReplyKind> {
    Some(match verb {
        Verb::Reply => ReplyKind::Sender,
        Verb::ReplyAll => ReplyKind::All,
        Verb::ReplyList => ReplyKind::List,
        Verb::ReplyUnquoted => ReplyKind::Unquoted,
        Verb::Forward => ReplyKind::Forward,
        Verb::ForwardAttached => ReplyKind::ForwardAttached,
        Verb::EditAsNew => ReplyKind::EditAsNew,
        _ => return None,
    })
}

fn can_send(model: &Model, account: AccountId) -> bool {
    let mut identities = model.settings.identities.iter();
    identities.any(|(other, _)| *other == account)
}

/// Whether the open folder holds drafts, which are gone on with rather than read.
#[must_use]
pub fn is_in_drafts(model: &Model) -> bool {
    let can_send = |account| can_send(model, account);
    if !model.list.account.is_some_and(can_send) {
        return false;
    }
    let folder = model.list.mailbox.and_then(|id| model.folders.of(id));
    folder.is_some_and(|row| row.role == Some(Role::Drafts))
}

/// The mail is there to be gone on with.
pub fn composed(
    model: &mut Model,
    ticket: Ticket,
    account: AccountId,
    base: Base,
    composition: Composition,
) -> Vec<Effect> {
    if model.awaited_reply != Some(ticket.0) {
        return Vec::new(); // Another one was asked for since.
    }
    model.awaited_reply = None;
    // It may have been fetched first: keys that are typed now mean something else.
    if model.composers.front.is_some() || model.overlay.is_some() {
        return composer::open_behind(model, account, base, composition);
    }
    composer::open(model, account, base, composition)
}

/// It could not be made.
pub fn failed(model: &mut Model, ticket: Ticket, error: &SafeText) -> Vec<Effect> {
    if model.awaited_reply == Some(ticket.0) {
        model.awaited_reply = None;
    }
    notice::alarm(model, error.as_str())
}

/// Asks to whom the message is to be bounced; with an argument, does it.
pub fn bounce(model: &mut Model, argument: &str) -> Vec<Effect> {
    let (Some(target), Some(account)) = (model.message.wanted, model.list.account) else {
        return notice::say(model, "no message here");
    };
    if model.settings.identities.is_empty() {
        return composer::no_server(model, Some(account));
    }
    let open = Bounce {
        ticket: Ticket(model.next_number()),
        account,
        target,
        input: Input::new(argument),
        completion: None,
    };
    if argument.is_empty() {
        model.overlay = Some(Overlay::Bounce(open));
        return Vec::new();
    }
    give(model, &open)
}

/// A key while the address is typed.
pub fn bounce_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::Bounce(open)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    match Completion::key(&mut open.completion, &mut open.input, key) {
        Taken::No if key.code != KeyCode::Enter => {
            open.input.key(key);
            return completion::follow_bounce(open);
        }
        Taken::No => {}
        Taken::Moved | Taken::Accepted => return Vec::new(),
    }
    match model.overlay.take() {
        Some(Overlay::Bounce(open)) if !open.input.text().trim().is_empty() => give(model, &open),
        _ => notice::say(model, "not bounced: nobody was named"),
    }
}

fn give(model: &Model, open: &Bounce) -> Vec<Effect> {
    vec![Effect::Bounce {
        ticket: open.ticket,
        account: open.account,
        message: open.target.message,
        mailbox: open.target.mailbox,
        to: open.input.text(),
        hold_seconds: model.settings.ui.send_hold_seconds,
    }]
}
