//! What follows from the state of the model, whatever event led there: windows near an edge, the message under the
//! cursor, timers, the title.

use crate::app::message::text_columns;
use crate::app::model::Model;
use crate::app::present::list::labels;
use crate::app::update::{composer, connection, message, password, rows, store_password};
use crate::channel::effect::Effect;
use crate::channel::event::Timer;
use crate::channel::operation::Target;
use crate::command::preset::Pane;
use crate::config::ui_settings::MarkRead;
use crate::mail::flag::SystemFlag;
use crate::mail::safe_text::SafeText;

/// How long the cursor rests before the message under it is loaded, in milliseconds.
const PREVIEW: u64 = 40;

/// Brings everything that is derived in step with the model.
pub fn settle(model: &mut Model) -> Vec<Effect> {
    let (list_height, folder_height) = (model.height(Pane::List), model.height(Pane::Folders));
    // Behind a composer the panes stay as they were.
    if model.pane() != Pane::Composer {
        model.list.reveal(list_height);
        model.folders.reveal(folder_height);
    }
    password::ask_next(model);
    store_password::ask_next(model);
    let mut effects = edge(model, list_height);
    effects.extend(follow_cursor(model));
    effects.extend(mark_read(model));
    effects.extend(title(model));
    effects.extend(composer::settle(model));
    effects.extend(composer::quit::settle(model));
    effects.extend(connection::wind(model));
    effects
}

/// Asks for more rows before the cursor gets to the edge of the window.
fn edge(model: &mut Model, height: usize) -> Vec<Effect> {
    let list = &model.list;
    let near = height.saturating_mul(2);
    let above = list.more_above && list.cursor < near;
    let below = list.more_below && list.rows.len().saturating_sub(list.cursor) <= near;
    let is_waiting =
        list.awaited.is_some() || list.jump.is_some() || list.has_failed || list.is_ahead;
    if !is_waiting && (above || below) {
        return rows::around_cursor(model);
    }
    Vec::new()
}

/// The message pane follows the cursor: at once when it is open, else when the cursor rests.
fn follow_cursor(model: &mut Model) -> Vec<Effect> {
    if model.focus != Pane::Message {
        (model.message.fate, model.message.waiting) = (None, None);
    }
    let target = match model.message.fate {
        Some(_) => model.message.wanted, // What is before the reader's eyes stays until he goes on.
        None => model.list.target(),
    };
    if target != model.message.wanted {
        model.message.want(target);
        if target.is_none() && model.focus == Pane::Message {
            model.focus = Pane::List;
        }
    }
    if model.message.fate.is_none() {
        model.message.labels = model.list.current().map(labels).unwrap_or_default();
    }
    if target.is_none() || !model.shows_message() {
        return Vec::new();
    }
    let columns = model.message_columns();
    let height = model.height(Pane::Message);
    // A smaller text or a larger pane may leave the place behind the end.
    model.message.scroll_by(0, columns, height);
    match model.message.asked {
        Some((_, asked, _)) if asked == text_columns(columns) => Vec::new(),
        None if model.focus != Pane::Message => rest(model),
        _ => message::load(model),
    }
}

/// Waits until the cursor rests.
fn rest(model: &mut Model) -> Vec<Effect> {
    if model.message.rests {
        return Vec::new();
    }
    model.message.rests = true;
    model.message.preview = model.next_number();
    let timer = Timer::Preview(model.message.preview);
    vec![Effect::After {
        milliseconds: PREVIEW,
        timer,
    }]
}

/// A message whose text is before the reader's eyes counts as read when the settings say so.
fn mark_read(model: &mut Model) -> Vec<Effect> {
    if model.focus != Pane::Message {
        (model.message.armed, model.message.kept_unread) = (None, false);
        return Vec::new();
    }
    let Some(target) = model.message.wanted else {
        return Vec::new();
    };
    let decided = model.message.kept_unread
        || model.message.armed == Some(target)
        || model.message.fate.is_some();
    if decided || model.message.view().is_none() || is_seen(model) {
        return Vec::new();
    }
    model.message.armed = Some(target);
    when(model, target)
}

fn when(model: &mut Model, target: Target) -> Vec<Effect> {
    match model.settings.ui.mark_read_after {
        MarkRead::OnOpen => message::read_by_itself(model, target),
        MarkRead::After { milliseconds } => {
            vec![Effect::After {
                milliseconds,
                timer: Timer::MarkRead(target),
            }]
        }
        MarkRead::Never => Vec::new(),
    }
}

fn is_seen(model: &Model) -> bool {
    model
        .list
        .current()
        .is_some_and(|row| row.flags.has(SystemFlag::Seen))
}

fn title(model: &mut Model) -> Vec<Effect> {
    let folder = model.list.mailbox.and_then(|id| model.folders.of(id));
    let text = match folder {
        Some(row) => match row.unread.filter(|unread| *unread > 0) {
            Some(unread) => format!(
                "{} ({unread}) - Sterna",
                crate::app::present::folders::shown_name(row)
            ),
            None => format!("{} - Sterna", crate::app::present::folders::shown_name(row)),
        },
        None => "Sterna".to_owned(),
    };
    let title = SafeText::line(&text);
    if title == model.title {
        return Vec::new();
    }
    model.title = title.clone();
    vec![Effect::SetTitle(title)]
}
