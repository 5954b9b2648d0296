//! The ledger: opened, kept in step while it is open, walked through; retry and drop.

use crate::app::ledger::LedgerPage;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::present::ledger::{LedgerLine, lines};
use crate::app::update::notice;
use crate::channel::effect::Effect;
use crate::channel::key::{Key, KeyCode};
use crate::channel::ledger::{Ledger, LedgerState};

/// Rows of the screen that frame, footer and margins take.
pub const FRAME: u16 = 8;

/// Opens it.
pub fn open(model: &mut Model) -> Vec<Effect> {
    let page = LedgerPage {
        is_awaited: true,
        ..LedgerPage::default()
    };
    model.overlay = Some(Overlay::Ledger(page));
    vec![Effect::LoadLedger]
}

fn page(model: &mut Model) -> Option<&mut LedgerPage> {
    match model.overlay.as_mut() {
        Some(Overlay::Ledger(page)) => Some(page),
        _ => None,
    }
}

/// Something happened that it may show.
pub fn changed(model: &mut Model) -> Vec<Effect> {
    match page(model) {
        Some(page) if page.is_awaited => {
            page.is_stale = true;
            Vec::new()
        }
        Some(page) => {
            page.is_awaited = true;
            vec![Effect::LoadLedger]
        }
        None => Vec::new(),
    }
}

/// It was read.
pub fn arrived(model: &mut Model, ledger: Ledger) -> Vec<Effect> {
    let Some(page) = page(model) else {
        return Vec::new();
    };
    page.arrive(ledger);
    page.is_awaited = false;
    let is_stale = std::mem::take(&mut page.is_stale);
    if is_stale { changed(model) } else { Vec::new() }
}

/// A key while it is open.
pub fn key(model: &mut Model, key: Key) -> Vec<Effect> {
    let height =
        isize::from(i16::try_from(model.rows.saturating_sub(FRAME)).unwrap_or(i16::MAX)).max(1);
    match (key.ctrl, key.code) {
        (false, KeyCode::Down | KeyCode::Char('j')) => step(model, 1),
        (false, KeyCode::Up | KeyCode::Char('k')) => step(model, -1),
        (false, KeyCode::PageDown | KeyCode::Char(' ')) => step(model, height),
        (false, KeyCode::PageUp | KeyCode::Char('-')) => step(model, -height),
        (false, KeyCode::Home) => step(model, isize::MIN),
        (false, KeyCode::End | KeyCode::Char('G')) => step(model, isize::MAX),
        (false, KeyCode::Char('r')) => return retry(model),
        (false, KeyCode::Char('d')) => return drop_current(model),
        (false, KeyCode::Char('q') | KeyCode::Enter) => model.overlay = None,
        _ => {}
    }
    Vec::new()
}

/// Moves the cursor; where there are no more operations, scrolls on to what lies behind them.
fn step(model: &mut Model, by: isize) {
    let height = usize::from(model.rows.saturating_sub(FRAME)).max(1);
    let Some(mut moved) = page(model).cloned() else {
        return;
    };
    let has_moved = moved.step(by);
    let all = lines(model, &moved);
    let is_cursor = |line: &LedgerLine| {
        matches!(
            line,
            LedgerLine::Operation {
                is_cursor: true,
                ..
            }
        )
    };
    let at = all.iter().position(is_cursor).unwrap_or(0);
    let last = all.len().saturating_sub(height);
    moved.scroll = if has_moved {
        // A line above and two below: the heading, and why it was refused.
        let lowest = (at + 3).saturating_sub(height);
        moved
            .scroll
            .clamp(lowest.min(at.saturating_sub(1)), at.saturating_sub(1))
            .min(last)
    } else {
        moved.scroll.saturating_add_signed(by).min(last)
    };
    model.overlay = Some(Overlay::Ledger(moved));
}

fn retry(model: &mut Model) -> Vec<Effect> {
    let row = page(model).and_then(|page| page.current_row().cloned());
    let Some(row) = row else {
        return Vec::new();
    };
    if row.n_parked == 0 {
        return notice::say(model, "only what was refused can be tried again");
    }
    let mut effects = vec![Effect::Retry(row.operation)];
    effects.extend(changed(model));
    effects
}

fn drop_current(model: &mut Model) -> Vec<Effect> {
    let row = page(model).and_then(|page| page.current_row().cloned());
    let Some(row) = row else {
        return Vec::new();
    };
    if matches!(row.state, LedgerState::Done | LedgerState::Undone) {
        return notice::say(model, "that has ended: there is nothing to drop");
    }
    let mut effects = vec![Effect::Drop(row.operation)];
    effects.extend(changed(model));
    effects
}
