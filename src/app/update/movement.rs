//! Movement in the focused pane, and along the unread messages.

use crate::app::list::Seek;
use crate::app::model::Model;
use crate::app::update::{notice, rows};
use crate::channel::effect::Effect;
use crate::channel::job::Job;
use crate::channel::rows::Anchor;
use crate::command::preset::Pane;

/// Windows that one search for an unread message reads at the most.
const SEEK_WINDOWS: u8 = 100;

/// The next or previous message; in the folder pane, folder.
pub fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.focus == Pane::Folders {
        model.folders.step(by);
    } else {
        model.list.step(by);
    }
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
    }
    Vec::new()
}

/// The last line of the focused pane. Where older headers are missing, they are fetched first.
pub fn bottom(model: &mut Model) -> Vec<Effect> {
    match model.focus {
        Pane::Folders => model.folders.step(isize::MAX),
        Pane::Message => drop(scroll(model, isize::MAX)),
        Pane::List => return oldest(model),
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

/// The next or previous unread message of the folder, beyond the window where it must be.
pub fn unread(model: &mut Model, down: bool) -> Vec<Effect> {
    let Some(origin) = model.list.current().map(|row| row.key) else {
        return notice::say(model, "no message here");
    };
    let seek = Seek {
        down,
        n_windows: SEEK_WINDOWS,
        origin,
    };
    look(model, seek)
}

/// Goes on with a search for an unread message after a window arrived.
pub fn seek_on(model: &mut Model) -> Vec<Effect> {
    let Some(seek) = model.list.seek.take() else {
        return Vec::new();
    };
    let n_windows = seek.n_windows.saturating_sub(1);
    look(model, Seek { n_windows, ..seek })
}

/// Looks in the window, and asks for the next one where there may be more.
fn look(model: &mut Model, seek: Seek) -> Vec<Effect> {
    let list = &mut model.list;
    if let Some(index) = list.unread_beyond(seek.down) {
        list.place(index);
        return Vec::new();
    }
    let more = if seek.down {
        list.more_below
    } else {
        list.more_above
    };
    let none_left = list
        .mailbox
        .and_then(|id| model.folders.of(id))
        .is_some_and(|row| row.unread == Some(0));
    if !more || none_left || seek.n_windows == 0 {
        return not_found(model, seek, none_left);
    }
    list.place(if seek.down { usize::MAX } else { 0 });
    list.seek = Some(seek);
    rows::around_cursor(model)
}

/// Says that there is none, with the cursor where it was before the search.
fn not_found(model: &mut Model, seek: Seek, none_left: bool) -> Vec<Effect> {
    let text = match (none_left, seek.down) {
        (true, _) => "no unread messages in this folder",
        (false, true) => "no unread message below",
        (false, false) => "no unread message above",
    };
    let mut effects = notice::say(model, text);
    if model.list.current().map(|row| row.key) != Some(seek.origin) {
        effects.extend(rows::jump(model, Anchor::Around(seek.origin)));
    }
    effects
}
