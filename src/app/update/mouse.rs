//! The mouse: a click puts the cursor there and one more opens, one with Ctrl or on the marks selects, one on a hint does what
//! it says; the wheel scrolls the pane under the pointer.

use crate::app::folders::Line;
use crate::app::layout::{Area, MARK_COLUMNS};
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::present::hints;
use crate::app::update::{composer, folder, key, movement, run, select};
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::mouse::Mouse;
use crate::command::preset::Pane;
use crate::command::verb::Verb;

/// Lines per turn of the wheel.
const WHEEL: isize = 3;

/// The mouse was used. Overlays are for the keyboard: they are not clicked away by accident, but the wheel moves in them.
pub fn used(model: &mut Model, mouse: Mouse) -> Vec<Effect> {
    if !model.settings.ui.mouse {
        return Vec::new();
    }
    if model.overlay.is_some() {
        return match mouse {
            Mouse::Click { .. } => Vec::new(),
            Mouse::ScrollUp { .. } => wheel_over(model, KeyCode::Up),
            Mouse::ScrollDown { .. } => wheel_over(model, KeyCode::Down),
        };
    }
    model.pending_keys.clear();
    match mouse {
        Mouse::Click {
            column,
            row,
            selects,
        } => click(model, column, row, selects),
        Mouse::ScrollUp { column, row } => wheel(model, column, row, -WHEEL),
        Mouse::ScrollDown { column, row } => wheel(model, column, row, WHEEL),
    }
}

/// The pane under a cell, with its lines.
fn pane_at(model: &Model, column: u16, row: u16) -> Option<(Pane, Area)> {
    let layout = model.layout()?;
    [
        (Pane::Folders, layout.folders),
        (Pane::List, layout.list),
        (Pane::Message, layout.message),
        (Pane::Composer, layout.composer),
    ]
    .into_iter()
    .find_map(|(pane, area)| Some((pane, area.filter(|area| area.contains(column, row))?)))
}

/// A click on a hint is as good as its key.
fn hint(model: &mut Model, column: u16, row: u16) -> Option<Vec<Effect>> {
    let hints = model.layout()?.hints;
    let area = hints.filter(|area| area.contains(column, row))?;
    let columns = (usize::from(area.columns), usize::from(column - area.x));
    let verb = hints::at(model, columns.0, columns.1)?;
    key::goes_on(model, Some(verb));
    Some(run::run(model, verb, ""))
}

fn click(model: &mut Model, column: u16, row: u16, selects: bool) -> Vec<Effect> {
    if let Some(effects) = hint(model, column, row) {
        return effects;
    }
    let Some((pane, area)) = pane_at(model, column, row) else {
        return Vec::new();
    };
    let inner = area.below_title();
    let line = inner
        .contains(column, row)
        .then(|| usize::from(row.saturating_sub(inner.y)));
    match (pane, line) {
        (Pane::Folders, Some(line)) => {
            let lines = model.folders.lines();
            match lines.get(model.folders.top.saturating_add(line)) {
                Some(Line::Folder(index)) => {
                    model.folders.cursor = *index;
                    folder::open_current(model)
                }
                _ => Vec::new(),
            }
        }
        (Pane::List, Some(line)) => {
            let selects = selects || usize::from(column.saturating_sub(inner.x)) < MARK_COLUMNS;
            row_clicked(model, model.list.top.saturating_add(line), selects)
        }
        (Pane::Composer, _) => {
            composer::pointer::click(model, column, row);
            Vec::new()
        }
        (pane, _) => {
            run::focus(model, pane);
            Vec::new()
        }
    }
}

/// A click puts the cursor on a message; one more opens it.
fn row_clicked(model: &mut Model, index: usize, selects: bool) -> Vec<Effect> {
    let is_again = model.focus == Pane::List && model.list.cursor == index;
    run::focus(model, Pane::List);
    if index >= model.list.rows.len() {
        return Vec::new();
    }
    if is_again && !selects {
        return run::run(model, Verb::Open, "");
    }
    model.list.place(index);
    if selects {
        select::turn(model, index);
    }
    Vec::new()
}

/// In a list over the panes the wheel is as good as the arrows.
fn wheel_over(model: &mut Model, arrow: KeyCode) -> Vec<Effect> {
    let n_lines = match &model.overlay {
        Some(Overlay::Help(_)) => WHEEL,
        Some(
            Overlay::Palette(_)
            | Overlay::Folders(..)
            | Overlay::Ledger(_)
            | Overlay::Attachments(_)
            | Overlay::Drafts(_)
            | Overlay::Outbox(_),
        ) => 1,
        _ => 0,
    };
    let arrow = Key::plain(arrow);
    (0..n_lines)
        .flat_map(|_| key::pressed(model, arrow))
        .collect()
}

fn wheel(model: &mut Model, column: u16, row: u16, by: isize) -> Vec<Effect> {
    match pane_at(model, column, row) {
        Some((Pane::Folders, _)) => model.folders.step(by.signum()),
        Some((Pane::List, _)) => drop(model.list.step(by)),
        Some((Pane::Message, _)) => drop(movement::scroll(model, by)),
        Some((Pane::Composer, _)) => composer::pointer::wheel(model, by),
        None => {}
    }
    Vec::new()
}
