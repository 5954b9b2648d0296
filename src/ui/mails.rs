//! What lies over the panes about mail on its way: warnings, a moment, the drafts, the outbox.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::app::drafts::DraftList;
use crate::app::layout::Layout;
use crate::app::model::Model;
use crate::app::outbox::OutboxPage;
use crate::app::overlay::{SendAnyway, SendLater};
use crate::app::present::mails::{self, OutboxLine, outbox_hint, warnings};
use crate::app::present::status::Tone;
use crate::app::wrap::wrap;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{cut, fit};
use crate::ui::overlay::{QUESTION, above_status, centred, explained, rows};
use crate::ui::paint::{put, tint, window};
use crate::ui::theme::Theme;

/// Columns of a list where the screen has them.
const COLUMNS: u16 = 96;
/// Columns for how a mail fares.
const STATE_COLUMNS: usize = 17;

const fn style(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::Calm => theme.text,
        Tone::Busy => theme.busy,
        Tone::Alarm => theme.alarm,
    }
}

fn put_hint(frame: &mut Frame, inner: Rect, text: &SafeText, theme: &Theme) {
    let hint = Span::styled(cut(text, usize::from(inner.width)), theme.faint);
    let row = usize::from(inner.height).saturating_sub(1);
    put(frame, inner, row, &Line::from(hint));
}

/// What looks wrong with a mail, before it is sent.
pub fn anyway(open: &SendAnyway, frame: &mut Frame, theme: &Theme) {
    let mut lines = Vec::new();
    for warning in warnings(&open.warnings) {
        lines.extend(explained(&warning, frame));
    }
    let most = usize::from(frame.area().height).saturating_sub(6).max(1);
    lines.truncate(most);
    let height = u16::try_from(lines.len()).unwrap_or(5).saturating_add(4);
    let area = centred(frame.area(), QUESTION, height);
    let inner = window(frame, area, theme, &SafeText::own("Send it like this?"));
    for (row, piece) in lines.iter().enumerate() {
        let text = Span::styled(piece.as_str().to_owned(), theme.alarm);
        put(frame, inner, row, &Line::from(text));
    }
    let hint = SafeText::own("Y sends it as it is   n goes back to it");
    put_hint(frame, inner, &hint, theme);
}

/// What the moment that is typed would be.
pub fn later(model: &Model, open: &SendLater, frame: &mut Frame, layout: &Layout, theme: &Theme) {
    let meant = mails::moment(model, &open.input.text());
    let area = Rect {
        x: 0,
        ..above_status(frame, layout, QUESTION, 1)
    };
    let title = if open.is_refused {
        "Not a moment to come"
    } else {
        "Send later"
    };
    let inner = window(frame, area, theme, &SafeText::own(title));
    let shown = Span::styled(cut(&meant, usize::from(inner.width)), theme.text);
    put(frame, inner, 0, &Line::from(shown));
}

/// The drafts on this machine.
pub fn drafts(model: &Model, open: &DraftList, frame: &mut Frame, theme: &Theme) {
    let entries = mails::drafts(model, open.rows());
    let n = u16::try_from(entries.len()).unwrap_or(u16::MAX);
    let area = centred(frame.area(), COLUMNS, n.clamp(1, 16).saturating_add(4));
    let inner = window(frame, area, theme, &SafeText::own("Drafts on this machine"));
    let list = Rect {
        height: inner.height.saturating_sub(2),
        ..inner
    };
    if open.rows.is_some() && entries.is_empty() {
        let none = Span::styled("No mail is being written.", theme.faint);
        put(frame, list, 0, &Line::from(none));
    }
    rows(frame, list, &entries, Some(open.cursor()), theme);
    let hint = SafeText::own("Enter goes on with it   D discards it   Esc closes");
    put_hint(frame, inner, &hint, theme);
}

/// The mails on their way out.
pub fn outbox(model: &Model, page: &OutboxPage, frame: &mut Frame, theme: &Theme) {
    let area = centred(
        frame.area(),
        COLUMNS,
        frame.area().height.saturating_sub(2).min(24),
    );
    let inner = window(frame, area, theme, &SafeText::own("Outbox"));
    let list = Rect {
        height: inner.height.saturating_sub(2),
        ..inner
    };
    let all = mails::outbox(model, page);
    if all.is_empty() {
        let none = Span::styled("No mail is on its way.", theme.faint);
        put(frame, list, 0, &Line::from(none));
    }
    let mut lines = Vec::new();
    for line in &all {
        one(line, usize::from(list.width), theme, &mut lines);
    }
    let cursor = lines.iter().position(|(_, is_cursor)| *is_cursor);
    let height = usize::from(list.height);
    // What is said about a mail below it is to be seen too.
    let top = (cursor.unwrap_or(0) + 8)
        .min(lines.len())
        .saturating_sub(height)
        .min(cursor.unwrap_or(0));
    for (row, (line, is_cursor)) in lines.iter().skip(top).take(height).enumerate() {
        put(frame, list, row, line);
        if *is_cursor {
            tint(frame, list, row, theme.cursor);
        }
    }
    put_hint(frame, inner, &outbox_hint(model, page), theme);
}

/// A line of the page, and whether the cursor is on it; what is long takes several.
fn one(line: &OutboxLine, width: usize, theme: &Theme, lines: &mut Vec<(Line<'static>, bool)>) {
    match line {
        OutboxLine::Mail {
            is_cursor,
            state,
            subject,
            to,
        } => {
            let rest = width.saturating_sub(STATE_COLUMNS + 4);
            let name = rest / 2;
            let spans = vec![
                Span::styled(if *is_cursor { "▌ " } else { "  " }, theme.accent),
                Span::styled(fit(&state.text, STATE_COLUMNS), style(state.tone, theme)),
                Span::raw(" "),
                Span::styled(fit(subject, name), theme.text),
                Span::raw(" "),
                Span::styled(fit(to, rest.saturating_sub(name)), theme.faint),
            ];
            lines.push((Line::from(spans), *is_cursor));
        }
        OutboxLine::More(piece) => {
            for part in wrap(&piece.text, width.saturating_sub(4), 4) {
                let spans = vec![
                    Span::raw("    "),
                    Span::styled(part.as_str().to_owned(), style(piece.tone, theme)),
                ];
                lines.push((Line::from(spans), false));
            }
        }
    }
}
