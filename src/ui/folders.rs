//! The folder pane.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::present::folders::{FolderLine, lines, title};
use crate::command::preset::Pane;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut, fit};
use crate::ui::paint::{put, tint};
use crate::ui::theme::Theme;
use crate::ui::{list, paint};

/// Levels that are still indented; deeper ones stand under them.
const MAX_INDENT: u8 = 4;

/// Draws the tree.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    let focused = model.focus == Pane::Folders;
    paint::title(
        frame,
        area,
        theme,
        focused,
        &title(model),
        &SafeText::default(),
    );
    let inner = list::below_title(area);
    for (row, line) in lines(model, usize::from(inner.height)).iter().enumerate() {
        let drawn = one(line, usize::from(inner.width), theme);
        put(frame, inner, row, &drawn);
        if line.is_cursor {
            tint(frame, inner, row, theme.cursor);
        } else if line.is_open {
            tint(frame, inner, row, theme.cursor_elsewhere);
        }
    }
}

fn one(line: &FolderLine, width: usize, theme: &Theme) -> Line<'static> {
    if line.is_heading {
        let label = cut(&line.label, width.saturating_sub(3));
        let rest = width.saturating_sub(columns(&line.label) + 3);
        return Line::from(vec![
            Span::raw(" "),
            Span::styled(label, theme.text.add_modifier(Modifier::BOLD)),
            Span::raw(" "),
            Span::styled("─".repeat(rest), theme.rule),
        ]);
    }
    let bar = if line.is_open { "▌" } else { " " };
    let indent = usize::from(line.depth.min(MAX_INDENT)) * 2;
    let count = columns(&line.unread);
    let gap = usize::from(count > 0);
    let room = width.saturating_sub(indent + count + gap + 2);
    let style = match (line.is_selectable, count > 0) {
        (false, _) => theme.faint,
        (true, true) => theme.unread,
        (true, false) => theme.text,
    };
    Line::from(vec![
        Span::styled(bar, theme.accent),
        Span::raw(" ".repeat(indent)),
        Span::styled(fit(&line.label, room), style),
        Span::raw(" ".repeat(gap)),
        Span::styled(line.unread.as_str().to_owned(), theme.accent),
        Span::raw(" "),
    ])
}
