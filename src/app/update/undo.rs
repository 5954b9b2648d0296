//! Taking actions back and doing them again: the journal knows the order, over restarts too.

use crate::app::model::Model;
use crate::app::present::folders::shown_name;
use crate::app::present::number::grouped;
use crate::app::update::{notice, rows};
use crate::channel::effect::Effect;
use crate::channel::operation::{Stands, Target, Ticket};
use crate::channel::rows::Anchor;
use crate::channel::rows::MessageRow;
use crate::command::preset::Pane;

/// Takes the newest action back.
pub fn undo(model: &mut Model) -> Vec<Effect> {
    vec![Effect::Undo(Ticket(model.next_number()))]
}

/// Does again what was taken back last. An open message may go by it, and not by another client.
pub fn redo(model: &mut Model) -> Vec<Effect> {
    if model.focus == Pane::Message {
        model.focus = Pane::List;
    }
    vec![Effect::Redo(Ticket(model.next_number()))]
}

/// What undo or redo came to.
#[derive(Debug, Clone, Copy)]
pub struct Came<'a> {
    /// The name of the action; empty when there was none.
    pub label: &'a str,
    /// Messages or folders put back.
    pub n_restored: usize,
    /// Messages that are gone.
    pub n_skipped: usize,
    /// A message put back, where it is now.
    pub cursor: Option<Target>,
    /// Why the action stands.
    pub stands: Option<Stands>,
    /// Done again instead of taken back.
    pub redo: bool,
}

/// The journal answered: the cursor goes to the first message that came back, if its folder is open.
pub fn undone(model: &mut Model, came: Came) -> Vec<Effect> {
    if let Some(stands) = came.stands {
        let why = stands.words();
        return notice::say(
            model,
            &format!("the last action cannot be taken back: {why}"),
        );
    }
    if came.label.is_empty() {
        let text = if came.redo {
            "nothing to do again"
        } else {
            "nothing to take back"
        };
        return notice::say(model, text);
    }
    let text = words(model, came);
    let mut effects = notice::say(model, &text);
    let here = came
        .cursor
        .filter(|target| Some(target.mailbox) == model.list.mailbox);
    if let Some(target) = here.filter(|_| !came.redo) {
        model.message.fate = None;
        let is_here = |row: &MessageRow| row.key.message == target.message;
        if let Some(index) = model.list.rows.iter().position(is_here) {
            model.list.place(index);
        } else {
            model.list.restored = Some(target.message);
            // The window may not reach so far: one around the message is read.
            if let Some(place) = model.list.current().map(|row| row.key) {
                let anchor = Anchor::Message(target.message, place);
                effects.extend(rows::jump(model, anchor));
                return effects;
            }
        }
    }
    effects.extend(rows::changed_here(model));
    effects
}

/// `taken back: archive (3 messages in Inbox; 2 are gone)`
fn words(model: &Model, came: Came) -> String {
    let verb = if came.redo {
        "done again"
    } else {
        "taken back"
    };
    let number = |n: usize| grouped(u64::try_from(n).unwrap_or(u64::MAX));
    let elsewhere = came
        .cursor
        .filter(|target| !came.redo && Some(target.mailbox) != model.list.mailbox)
        .and_then(|target| model.folders.of(target.mailbox))
        .map(|row| format!(" in {}", shown_name(row)))
        .unwrap_or_default();
    let mut parts = Vec::new();
    if came.n_restored > 1 {
        parts.push(format!("{} messages{elsewhere}", number(came.n_restored)));
    } else if !elsewhere.is_empty() {
        parts.push(elsewhere.trim_start().to_owned());
    }
    match came.n_skipped {
        0 => {}
        1 => parts.push("1 is gone".to_owned()),
        n => parts.push(format!("{} are gone", number(n))),
    }
    let remark = if parts.is_empty() {
        String::new()
    } else {
        format!(" ({})", parts.join("; "))
    };
    format!("{verb}: {}{remark}", came.label)
}
