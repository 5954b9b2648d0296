//! Windows of the list: when one is asked for, and what an answer changes.

use crate::app::list::Arrival;
use crate::app::message::Fate;
use crate::app::model::Model;
use crate::app::update::{journal, message, notice};
use crate::channel::damage::Replaced;
use crate::channel::effect::Effect;
use crate::channel::error::StoreError;
use crate::channel::job::Job;
use crate::channel::rows::{Anchor, MessageRow, Window, WindowQuery};
use crate::command::preset::Pane;
use crate::mail::flag::SystemFlag;
use crate::mail::mailbox::MailboxId;

/// A window holds at least this many rows.
const MIN_ROWS: usize = 200;

/// Asks for a window; an older request is void.
pub fn ask(model: &mut Model, anchor: Anchor) -> Vec<Effect> {
    let Some(mailbox) = model.list.mailbox else {
        return Vec::new();
    };
    let serial = model.next_number();
    let n_rows = model.height(Pane::List).saturating_mul(6).max(MIN_ROWS);
    let query = WindowQuery {
        mailbox,
        limit: model.list.limit.clone(),
        anchor,
        n_rows,
        serial,
    };
    model.list.awaited = Some(query.clone());
    (model.list.stale, model.list.has_failed) = (false, false);
    vec![Effect::LoadWindow(query)]
}

/// Asks for the rows at one end, and takes the cursor there when they come.
pub fn jump(model: &mut Model, anchor: Anchor) -> Vec<Effect> {
    model.list.jump = Some(anchor);
    ask(model, anchor)
}

/// Asks for the rows around the cursor; in an empty list for the newest ones.
pub fn around_cursor(model: &mut Model) -> Vec<Effect> {
    let anchor = model
        .list
        .current()
        .map_or(Anchor::Newest, |row| Anchor::Around(row.key));
    ask(model, anchor)
}

/// Rows of a mailbox changed in the store.
pub fn changed(model: &mut Model, mailbox: MailboxId) -> Vec<Effect> {
    journal::projected(model, mailbox);
    if model.list.mailbox != Some(mailbox) {
        return message::look_elsewhere(model);
    }
    changed_here(model)
}

/// Rows of the open folder changed.
pub fn changed_here(model: &mut Model) -> Vec<Effect> {
    model.list.is_ahead = false;
    if model.list.awaited.is_some() {
        // Asking anew each time would let a stream of changes starve the list.
        model.list.stale = true;
        return Vec::new();
    }
    ask_again(model)
}

/// The cache begins anew: what stands on the screen is read again, and the servers are asked for everything.
pub fn cache_replaced(model: &mut Model, replaced: &Replaced) -> Vec<Effect> {
    let mut effects = notice::alarm(model, &replaced.words());
    effects.push(Effect::LoadFolders);
    effects.push(Effect::JobForAll(Job::SyncNow));
    if let Some(mailbox) = model.list.mailbox {
        effects.extend(changed(model, mailbox));
    }
    effects
}

fn ask_again(model: &mut Model) -> Vec<Effect> {
    // A jump that no window has completed: the last one could not be read.
    if let Some(anchor) = model.list.jump.filter(|_| !model.list.follow_oldest) {
        return jump(model, anchor);
    }
    if model.list.follow_oldest {
        return jump_and_stay(model);
    }
    let is_filling = model
        .list
        .mailbox
        .is_some_and(|mailbox| model.folders.lacks_headers(mailbox));
    if model.list.untouched
        && is_filling
        && model.focus != Pane::Message
        && model.list.limit.is_empty()
    {
        return jump(model, Anchor::Newest); // Newer rows may still arrive above: nothing was chosen yet.
    }
    around_cursor(model)
}

fn jump_and_stay(model: &mut Model) -> Vec<Effect> {
    let effects = jump(model, Anchor::Oldest);
    model.list.follow_oldest = true;
    effects
}

/// A window arrived.
pub fn arrived(model: &mut Model, mut window: Window) -> Vec<Effect> {
    if model
        .list
        .awaited
        .as_ref()
        .is_none_or(|query| query.serial != window.query.serial)
    {
        return Vec::new();
    }
    model.list.awaited = None;
    let n_left = journal::overlay(model, &mut window.rows);
    window.n_matching = window
        .n_matching
        .saturating_sub(u64::try_from(n_left).unwrap_or(0));
    if n_left > 0 && window.rows.is_empty() && (window.more_above || window.more_below) {
        // The store has not come so far yet: nothing is known of this place until it says that rows changed.
        model.list.is_ahead = true;
        return follow_up(model);
    }
    let told = answered_meanwhile(model, &window);
    let height = model.height(Pane::List);
    let arrival = model.list.arrive(window, height);
    model.list.is_ahead = n_left > 0;
    let mut effects = told.map_or_else(Vec::new, |text| notice::say(model, text));
    match arrival {
        Arrival::Elsewhere => {
            effects.extend(around_cursor(model));
            return effects;
        }
        // Not silently another message under the reader's eyes, least of all marked read.
        Arrival::Vanished if model.focus == Pane::Message && model.message.fate.is_none() => {
            model.message.fate = Some(Fate::Gone);
            model.message.scroll = 0;
            effects.extend(message::look_elsewhere(model));
            effects.extend(notice::say(
                model,
                "that message is no longer in this folder",
            ));
        }
        Arrival::Vanished | Arrival::Same => is_back(model),
    }
    effects.extend(follow_up(model));
    effects
}

/// An open message that was gone may be back.
fn is_back(model: &mut Model) {
    let Some(wanted) = model
        .message
        .wanted
        .filter(|_| model.message.fate.is_some())
    else {
        return;
    };
    let is_wanted = |row: &MessageRow| row.key.message == wanted.message;
    if let Some(index) = model.list.rows.iter().position(is_wanted) {
        model.list.place(index);
        model.message.fate = None;
    }
}

/// What to say where another client answered the message that is open here.
fn answered_meanwhile(model: &Model, window: &Window) -> Option<&'static str> {
    let open = model
        .message
        .wanted
        .filter(|_| model.focus == Pane::Message)?
        .message;
    let has = |rows: &[MessageRow]| {
        let row = rows.iter().find(|row| row.key.message == open)?;
        Some(row.flags.has(SystemFlag::Answered))
    };
    let is_new = has(&model.list.rows) == Some(false) && has(&window.rows) == Some(true);
    is_new.then_some("another client answered this message")
}

/// A window could not be read. It is asked for again when rows change or the cursor moves, not at once: the disk that
/// failed would be asked without a pause.
pub fn failed(model: &mut Model, serial: u64, error: &StoreError) -> Vec<Effect> {
    if model
        .list
        .awaited
        .as_ref()
        .is_none_or(|query| query.serial != serial)
    {
        return Vec::new();
    }
    model.list.awaited = None;
    model.list.has_failed = true;
    let mut effects = notice::alarm(model, &error.to_string());
    if model.list.stale {
        effects.extend(ask_again(model)); // They have changed since.
    }
    effects
}

fn follow_up(model: &mut Model) -> Vec<Effect> {
    if std::mem::take(&mut model.list.opens) && model.list.current().is_some() {
        model.focus = Pane::Message;
    }
    if model.list.stale && model.list.awaited.is_none() {
        return ask_again(model); // They have changed since.
    }
    Vec::new()
}
