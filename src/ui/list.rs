//! The list pane: one line for each message.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use crate::app::layout::MARK_COLUMNS;
use crate::app::model::Model;
use crate::app::present::list::{ListRow, empty, rows, title};
use crate::command::preset::Pane;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut, fit, fit_right};
use crate::ui::paint;
use crate::ui::paint::{put, tint};
use crate::ui::theme::Theme;

/// Columns of the date.
const DATE_COLUMNS: usize = 6;
/// Columns for the bar, the three marks, and the gaps around date and sender.
const FIXED_COLUMNS: usize = MARK_COLUMNS + DATE_COLUMNS + 2 + 1;
/// Columns at the right end for the mark of attachments.
const ATTACHMENT_COLUMNS: usize = 2;

/// Columns behind the subject from which on labels are worth showing.
const LABEL_COLUMNS: usize = 6;
/// Columns behind subject and labels from which on the beginning of the text is worth showing.
const PREVIEW_COLUMNS: usize = 12;

/// Draws the rows that are on the screen.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    let (name, counts) = title(model);
    let focused = model.focus == Pane::List;
    paint::title(frame, area, theme, focused, &name, &counts);
    let inner = below_title(area);
    if let Some(text) = empty(model) {
        paint::words(frame, inner, &text, theme.faint);
    }
    for (index, row) in rows(model, usize::from(inner.height)).iter().enumerate() {
        put(
            frame,
            inner,
            index,
            &one(row, usize::from(inner.width), theme),
        );
        if row.is_cursor {
            tint(
                frame,
                inner,
                index,
                if focused {
                    theme.cursor
                } else {
                    theme.cursor_elsewhere
                },
            );
        }
    }
}

/// An area without its title row.
#[must_use]
pub const fn below_title(area: Rect) -> Rect {
    Rect {
        y: area.y.saturating_add(1),
        height: area.height.saturating_sub(1),
        ..area
    }
}

/// Columns of the sender in a list of that width.
const fn who_columns(width: usize) -> usize {
    match width {
        ..56 => 13,
        56..90 => 18,
        _ => 24,
    }
}

fn one(row: &ListRow, width: usize, theme: &Theme) -> Line<'static> {
    let (text, faint) = if row.is_unread {
        (theme.unread, theme.unread)
    } else {
        (theme.text, theme.faint)
    };
    let first = match (row.is_unread, row.is_answered) {
        (true, _) => Span::styled("●", theme.accent),
        (false, true) => Span::styled("r", theme.faint),
        (false, false) => Span::raw(" "),
    };
    let star = if row.is_starred {
        Span::styled("★", theme.star)
    } else {
        Span::raw(" ")
    };
    let who = who_columns(width);
    let subject = width.saturating_sub(FIXED_COLUMNS + who + 1 + ATTACHMENT_COLUMNS);
    let mut spans = vec![
        Span::styled(if row.is_cursor { "▌" } else { " " }, theme.accent),
        first,
        star,
        if row.is_selected {
            Span::styled("✓", theme.accent.add_modifier(Modifier::BOLD))
        } else {
            Span::raw(" ")
        },
        Span::styled(fit_right(&row.date, DATE_COLUMNS), faint),
        Span::raw("  "),
    ];
    if row.is_suspect {
        spans.push(Span::styled("!", theme.alarm));
        spans.push(Span::styled(
            fit(row.who, who.saturating_sub(1)),
            theme.alarm,
        ));
    } else {
        spans.push(Span::styled(fit(row.who, who), text));
    }
    spans.push(Span::raw("  "));
    if row.subject.as_str().is_empty() {
        let none = SafeText::line("(no subject)");
        let style = theme.faint.add_modifier(Modifier::ITALIC);
        about(&mut spans, (&none, style), row, subject, theme);
    } else {
        about(&mut spans, (row.subject, text), row, subject, theme);
    }
    spans.push(if row.has_attachment {
        Span::styled("@ ", theme.faint)
    } else {
        Span::raw("  ")
    });
    Line::from(spans)
}

/// The tags and the subject; labels and the beginning of the text where that leaves room for some words.
fn about(
    spans: &mut Vec<Span<'static>>,
    (subject, style): (&SafeText, Style),
    row: &ListRow,
    room: usize,
    theme: &Theme,
) {
    // Tags come first, so that a long subject does not hide them; they take a third at the most.
    let tag_columns = columns(&row.tags).min(room / 3);
    let mut room = room;
    if tag_columns > 0 {
        spans.push(Span::styled(cut(&row.tags, tag_columns), theme.accent));
        spans.push(Span::raw(" "));
        room = room.saturating_sub(tag_columns + 1);
    }
    let mut shown = (subject, style);
    for (next, style, least) in [
        (&row.labels, theme.accent, LABEL_COLUMNS),
        (row.preview, theme.faint, PREVIEW_COLUMNS),
    ] {
        let left = room.saturating_sub(columns(shown.0) + 2);
        if next.as_str().is_empty() || left < least {
            continue;
        }
        spans.push(Span::styled(shown.0.as_str().to_owned(), shown.1));
        spans.push(Span::raw("  "));
        (shown, room) = ((next, style), left);
    }
    spans.push(Span::styled(fit(shown.0, room), shown.1));
}
