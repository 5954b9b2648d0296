//! The folder pane.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::present::folders::{FolderLine, lines, remark, title};
use crate::command::preset::Pane;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut};
use crate::ui::paint::{put, tint};
use crate::ui::theme::Theme;
use crate::ui::{list, paint};

/// Levels that are still indented; deeper ones stand under them.
const MAX_INDENT: u8 = 4;

/// Draws the tree.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    let focused = model.focus == Pane::Folders;
    paint::title(frame, area, theme, focused, &title(model), &remark(model));
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
        return heading(line, width, theme);
    }
    let bar = if line.is_open { "▌" } else { " " };
    let indent = usize::from(line.depth.min(MAX_INDENT)) * 2;
    let count = columns(&line.unread);
    let gap = usize::from(count > 0);
    let room = width.saturating_sub(indent + count + gap + 2);
    // A mark may be a long name: it takes what the folder's own leaves, or half of the room.
    let left = room.saturating_sub(columns(&line.label)).max(room / 2);
    let marks = match columns(&line.marks) {
        0 => String::new(),
        _ => format!(" {}", cut(&line.marks, left.saturating_sub(1))),
    };
    let taken = columns(&SafeText::line(&marks));
    let label = cut(&line.label, room.saturating_sub(taken));
    let rest = room.saturating_sub(columns(&line.label) + taken);
    let style = match (line.is_selectable, count > 0) {
        (false, _) => theme.faint,
        (true, true) => theme.unread,
        (true, false) => theme.text,
    };
    Line::from(vec![
        Span::styled(bar, theme.accent),
        Span::raw(" ".repeat(indent)),
        Span::styled(label, style),
        Span::styled(marks, theme.faint),
        Span::styled(" ".repeat(rest), style),
        Span::raw(" ".repeat(gap)),
        Span::styled(line.unread.as_str().to_owned(), theme.accent),
        Span::raw(" "),
    ])
}

/// An account's name, a rule, and its room where both fit.
fn heading(line: &FolderLine, width: usize, theme: &Theme) -> Line<'static> {
    let name = columns(&line.label);
    let remark = columns(&line.room);
    let shows_room = remark > 0 && name + remark + 6 <= width;
    let remark = if shows_room { remark + 1 } else { 0 };
    let label = cut(&line.label, width.saturating_sub(3));
    let rest = width.saturating_sub(name + remark + 3);
    let mut spans = vec![
        Span::raw(" "),
        Span::styled(label, theme.text.add_modifier(Modifier::BOLD)),
        Span::raw(" "),
        Span::styled("─".repeat(rest), theme.rule),
    ];
    if shows_room {
        let room = format!(" {}", line.room.as_str());
        spans.push(Span::styled(room, theme.faint));
    }
    Line::from(spans)
}
