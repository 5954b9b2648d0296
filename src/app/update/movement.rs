//! Movement in the focused pane.

use crate::app::model::Model;
use crate::app::update::rows;
use crate::channel::effect::Effect;
use crate::channel::job::Job;
use crate::channel::rows::Anchor;
use crate::command::preset::Pane;

/// The next or previous message; in the folder pane, folder.
pub fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.focus == Pane::Folders {
        model.folders.step(by);
        return Vec::new();
    }
    // From a message that is gone the cursor is on the next one already.
    let is_there = model.message.fate.take().is_some() && by > 0;
    model.list.step(by - isize::from(is_there));
    Vec::new()
}

/// Lines in the focused pane: messages, folders, or lines of text.
pub fn lines(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.focus == Pane::Message {
        scroll(model, by);
        return Vec::new();
    }
    step(model, by)
}

/// Pages, or parts of one, in the focused pane.
pub fn pages(model: &mut Model, by: isize, part: usize) -> Vec<Effect> {
    let height = model.height(model.focus);
    // One line of the page before stays, for the eye.
    let n = (height / part)
        .saturating_sub(usize::from(part == 1))
        .max(1);
    lines(model, by.saturating_mul(isize::try_from(n).unwrap_or(1)))
}

/// Scrolls the message; false when it could not.
pub fn scroll(model: &mut Model, by: isize) -> bool {
    let (columns, height) = (model.message_columns(), model.height(Pane::Message));
    model.message.scroll_by(by, columns, height)
}

/// The first line of the focused pane.
pub fn top(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Folders => model.folders.step(isize::MIN),
        Pane::Message => model.message.scroll = 0,
        Pane::List => {
            model.list.place(0);
            if model.list.more_above {
                return rows::jump(model, Anchor::Newest);
            }
        }
        Pane::Composer => {} // It has its own.
    }
    Vec::new()
}

/// The last line of the focused pane. Where older headers are missing, they are fetched first.
pub fn bottom(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Folders => model.folders.step(isize::MAX),
        Pane::Message => drop(scroll(model, isize::MAX)),
        Pane::List => return oldest(model),
        Pane::Composer => {}
    }
    Vec::new()
}

fn oldest(model: &mut Model) -> Vec<Effect> {
    model.list.place(usize::MAX);
    let mut effects = Vec::new();
    let (Some(mailbox), Some(account)) = (model.list.mailbox, model.list.account) else {
        return effects;
    };
    let missing = model.folders.lacks_headers(mailbox);
    if missing && model.list.limit.is_empty() {
        effects.push(Effect::Job(account, Job::WantOldest(mailbox)));
        model.list.follow_oldest = true;
    }
    if missing || model.list.more_below {
        let follow = model.list.follow_oldest;
        effects.extend(rows::jump(model, Anchor::Oldest));
        model.list.follow_oldest = follow;
    }
    effects
}
