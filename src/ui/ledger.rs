//! The ledger: what waits for the servers, what became of it, when each folder was read.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::app::ledger::LedgerPage;
use crate::app::model::Model;
use crate::app::present::ledger::{LedgerLine, lines};
use crate::app::present::status::Tone;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{cut, fit, fit_right};
use crate::ui::overlay::centred;
use crate::ui::paint::{put, tint, window};
use crate::ui::theme::Theme;

/// Columns of the window where the screen has them.
const COLUMNS: u16 = 96;
/// Columns for how an operation stands.
const STATE_COLUMNS: usize = 10;
/// Columns for when it was made.
const DATE_COLUMNS: usize = 6;

/// Draws it over the whole screen but its edges.
pub fn draw(model: &Model, page: &LedgerPage, frame: &mut Frame, theme: &Theme) {
    let height = frame.area().height.saturating_sub(2);
    let area = centred(frame.area(), COLUMNS, height);
    let inner = window(frame, area, theme, &SafeText::own("Ledger"));
    let list = Rect {
        height: inner.height.saturating_sub(2),
        ..inner
    };
    let all = lines(model, page);
    let shown = all.iter().skip(page.scroll).take(usize::from(list.height));
    for (row, line) in shown.enumerate() {
        put(frame, list, row, &one(line, usize::from(list.width), theme));
        if matches!(
            line,
            LedgerLine::Operation {
                is_cursor: true,
                ..
            }
        ) {
            tint(frame, list, row, theme.cursor);
        }
    }
    let hint = SafeText::own("r tries again   d drops   j k move   Esc closes");
    let hint = cut(&hint, usize::from(inner.width));
    let row = usize::from(inner.height.saturating_sub(1));
    put(
        frame,
        inner,
        row,
        &Line::from(Span::styled(hint, theme.faint)),
    );
}

const fn style(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::Calm => theme.text,
        Tone::Busy => theme.busy,
        Tone::Alarm => theme.alarm,
    }
}

fn one(line: &LedgerLine, width: usize, theme: &Theme) -> Line<'static> {
    match line {
        LedgerLine::Blank => Line::default(),
        LedgerLine::Heading(text) => {
            let style = theme.text.add_modifier(Modifier::BOLD);
            Line::from(Span::styled(cut(text, width), style))
        }
        LedgerLine::Words(piece) => {
            let text = cut(&piece.text, width.saturating_sub(2));
            Line::from(vec![
                Span::raw("  "),
                Span::styled(text, style(piece.tone, theme)),
            ])
        }
        LedgerLine::Error(text) => {
            let text = cut(text, width.saturating_sub(STATE_COLUMNS + 3));
            let indent = " ".repeat(STATE_COLUMNS + 3);
            Line::from(vec![Span::raw(indent), Span::styled(text, theme.alarm)])
        }
        LedgerLine::Folder(name, when) => {
            let room = width.saturating_sub(DATE_COLUMNS + 3);
            Line::from(vec![
                Span::raw("  "),
                Span::styled(fit(name, room), theme.text),
                Span::raw(" "),
                Span::styled(fit_right(when, DATE_COLUMNS), theme.faint),
            ])
        }
        LedgerLine::Operation {
            is_cursor,
            state,
            what,
            about,
            date,
        } => {
            let rest = width.saturating_sub(2 + STATE_COLUMNS + 1 + DATE_COLUMNS + 2);
            let name = (rest / 3).clamp(8, 26).min(rest);
            Line::from(vec![
                Span::styled(if *is_cursor { "▌ " } else { "  " }, theme.accent),
                Span::styled(fit(&state.text, STATE_COLUMNS), style(state.tone, theme)),
                Span::raw(" "),
                Span::styled(fit(what, name), theme.text),
                Span::raw(" "),
                Span::styled(fit(about, rest.saturating_sub(name + 1)), theme.faint),
                Span::raw("  "),
                Span::styled(fit_right(date, DATE_COLUMNS), theme.faint),
            ])
        }
    }
}
