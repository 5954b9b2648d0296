//! Selecting messages: by hand, by range, and by what the store looks up.

use crate::app::act::Act;
use crate::app::input::Input;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::present::number::grouped;
use crate::app::selection::{Gathering, Purpose};
use crate::app::update::{journal, keep, movement, notice, triage};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::operation::Target;
use crate::channel::rows::{RowKey, SelectionQuery, Wanted};
use crate::command::verb::Verb;
use crate::mail::mailbox::MailboxId;

/// Runs one of the commands that select.
pub fn run(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    if model.list.current().is_none() {
        return notice::say(model, "no message here");
    }
    match verb {
        Verb::Select => turn_and_go_on(model),
        Verb::SelectThread => thread(model),
        Verb::SelectRange => range(model),
        Verb::SelectAll => gather_or_take(model, Wanted::All, Purpose::Select),
        Verb::SelectUnread => gather(model, Wanted::Unread, Purpose::Select),
        Verb::SelectWords => words(model, argument),
        Verb::SelectOthers => gather_or_take(model, Wanted::All, Purpose::Turn),
        _ => {
            model.list.selection.clear();
            Vec::new()
        }
    }
}

/// Selects the message under the cursor, or no longer, and goes on to the next.
fn turn_and_go_on(model: &mut Model) -> Vec<Effect> {
    turn(model, model.list.cursor);
    movement::step(model, 1)
}

/// Selects the message of a row of the window, or no longer.
pub fn turn(model: &mut Model, index: usize) {
    if let Some(row) = model.list.rows.get(index) {
        model.list.selection.turn(row.key.message);
    }
}

fn thread(model: &mut Model) -> Vec<Effect> {
    let thread = model.list.current().map(|row| row.thread);
    thread.map_or_else(Vec::new, |thread| {
        gather(model, Wanted::Thread(thread), Purpose::Select)
    })
}

/// Begins a range at the cursor, or ends the one that is open.
fn range(model: &mut Model) -> Vec<Effect> {
    if model.list.selection.range.is_some() {
        let beyond = end_range(model);
        return beyond.map_or_else(Vec::new, |what| gather(model, what, Purpose::Select));
    }
    model.list.selection.range = model.list.current().map(|row| row.key);
    let keys = model.keys(Verb::SelectRange);
    notice::say(
        model,
        &format!("selecting from here to the cursor; {keys} ends it"),
    )
}

/// Ends a range: what the window holds of it is selected. What must be looked up where it goes beyond the window.
pub fn end_range(model: &mut Model) -> Option<Wanted> {
    let start = model.list.selection.range.take()?;
    let end = model.list.current()?.key;
    let (low, high) = (start.min(end), start.max(end));
    let within = model
        .list
        .rows
        .iter()
        .map(|row| row.key)
        .filter(|key| (low..=high).contains(key));
    let messages: Vec<_> = within.map(|key| key.message).collect();
    model.list.selection.chosen.extend(messages);
    let is_beyond = !is_covered(model, low) || !is_covered(model, high);
    is_beyond.then_some(Wanted::Between(start, end))
}

/// Whether the window reaches a place of the list.
fn is_covered(model: &Model, key: RowKey) -> bool {
    let list = &model.list;
    let above = !list.more_above || list.rows.first().is_some_and(|row| row.key >= key);
    let below = !list.more_below || list.rows.last().is_some_and(|row| row.key <= key);
    above && below
}

/// What is selected, as targets in the open folder; ascending.
#[must_use]
pub fn targets(model: &Model) -> Vec<Target> {
    let Some(mailbox) = model.list.mailbox else {
        return Vec::new();
    };
    let chosen = model.list.selection.chosen.iter();
    chosen
        .map(|message| Target {
            message: *message,
            mailbox,
        })
        .collect()
}

/// Where the whole list is in the window nothing need be looked up.
fn gather_or_take(model: &mut Model, what: Wanted, purpose: Purpose) -> Vec<Effect> {
    if model.list.more_above || model.list.more_below {
        return gather(model, what, purpose);
    }
    let (Some(mailbox), rows) = (model.list.mailbox, model.list.rows.iter()) else {
        return Vec::new();
    };
    let targets = rows
        .map(|row| Target {
            message: row.key.message,
            mailbox,
        })
        .collect();
    use_them(model, purpose, targets)
}

/// Has the store look messages of the list up.
pub fn gather(model: &mut Model, what: Wanted, purpose: Purpose) -> Vec<Effect> {
    // A thread is one whatever the list is limited to, and a range was made of rows that were seen.
    let limit = match what {
        Wanted::Thread(_) => String::new(),
        _ => model.list.limit.clone(),
    };
    match model.list.mailbox {
        Some(mailbox) => gather_in(model, mailbox, limit, what, purpose),
        None => notice::say(model, "no folders yet"),
    }
}

/// Has the store look messages of a folder up.
pub fn gather_in(
    model: &mut Model,
    mailbox: MailboxId,
    limit: String,
    what: Wanted,
    purpose: Purpose,
) -> Vec<Effect> {
    let serial = model.next_number();
    model.list.selection.gathering = Some(Gathering { serial, purpose });
    vec![Effect::LoadSelection(SelectionQuery {
        mailbox,
        limit,
        wanted: what,
        serial,
    })]
}

/// Selects the messages of the list that have these words, or asks for the words.
fn words(model: &mut Model, argument: &str) -> Vec<Effect> {
    if argument.trim().is_empty() {
        model.overlay = Some(Overlay::SelectWords(Input::default()));
        return Vec::new();
    }
    let Some(mailbox) = model.list.mailbox else {
        return notice::say(model, "no folders yet");
    };
    let limit = format!("{} {argument}", model.list.limit);
    gather_in(
        model,
        mailbox,
        limit.trim().to_owned(),
        Wanted::All,
        Purpose::Select,
    )
}

/// A key while the words are typed.
pub fn words_key(model: &mut Model, key: Key) -> Vec<Effect> {
    let Some(Overlay::SelectWords(input)) = model.overlay.as_mut() else {
        return Vec::new();
    };
    if key.code != KeyCode::Enter {
        let _ = input.key(key);
        return Vec::new();
    }
    let typed = input.text();
    model.overlay = None;
    if typed.trim().is_empty() {
        Vec::new()
    } else {
        words(model, &typed)
    }
}

/// The store's answer; one that nobody waits for any more is dropped.
pub fn found(model: &mut Model, serial: u64, found: Vec<Target>, n_matching: u64) -> Vec<Effect> {
    let asked = model
        .list
        .selection
        .gathering
        .take_if(|asked| asked.serial == serial);
    let Some(asked) = asked else {
        return Vec::new();
    };
    let n = u64::try_from(found.len()).unwrap_or(u64::MAX);
    let mut effects = use_them(model, asked.purpose, found);
    if n < n_matching {
        let text = format!("only the newest {} of {}", grouped(n), grouped(n_matching));
        effects.extend(notice::say(model, &text));
    }
    effects
}

fn use_them(model: &mut Model, purpose: Purpose, found: Vec<Target>) -> Vec<Effect> {
    let messages = found.iter().map(|target| target.message);
    match purpose {
        Purpose::Select if found.is_empty() => return notice::say(model, "nothing here to select"),
        Purpose::Select => model.list.selection.chosen.extend(messages),
        Purpose::Turn => {
            let before = std::mem::take(&mut model.list.selection.chosen);
            model.list.selection.chosen = messages
                .filter(|message| !before.contains(message))
                .collect();
        }
        Purpose::Act(act) if found.is_empty() && act == Act::Seen(true) => {
            return notice::say(model, "no unread message here");
        }
        Purpose::Act(act) => return triage::carry_out(model, &act, found),
        Purpose::Keep => {
            let mut all = targets(model);
            all.extend(found);
            return keep::these(model, all);
        }
        Purpose::Empty => return journal::act(model, &Act::Delete, found),
        Purpose::ActOnRange(act) => {
            let mut all = targets(model);
            all.extend(found);
            model.list.selection.chosen.clear();
            return triage::carry_out(model, &act, all);
        }
    }
    let n = u64::try_from(model.list.selection.chosen.len()).unwrap_or(u64::MAX);
    notice::say(model, &format!("{} selected", grouped(n)))
}
