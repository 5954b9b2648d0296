//! The help: keys, commands, marks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::overlay::Help;
use crate::app::present::help::{HelpLine, lines};
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{cut, fit};
use crate::ui::overlay::centred;
use crate::ui::paint::{put, window};
use crate::ui::status;
use crate::ui::theme::Theme;

/// Draws the help over the whole screen but its edges.
pub fn draw(model: &Model, open: &Help, frame: &mut Frame, theme: &Theme) {
    let area = centred(frame.area(), 96, frame.area().height.saturating_sub(2));
    let inner = window(
        frame,
        area,
        theme,
        &SafeText::line("Help: type to search, Esc closes"),
    );
    let field = Rect {
        x: inner.x.saturating_sub(1),
        width: inner.width.saturating_add(1),
        ..inner
    };
    status::typed(frame, field, 0, "› ", &open.input, theme);
    let list = Rect {
        y: inner.y.saturating_add(2),
        height: inner.height.saturating_sub(2),
        ..inner
    };
    let lines = lines(model);
    if lines.is_empty() {
        put(
            frame,
            list,
            0,
            &Line::from(Span::styled("Nothing matches.", theme.faint)),
        );
    }
    for (row, line) in lines
        .iter()
        .skip(open.scroll)
        .take(usize::from(list.height))
        .enumerate()
    {
        put(frame, list, row, &one(line, usize::from(list.width), theme));
    }
}

fn one(line: &HelpLine, width: usize, theme: &Theme) -> Line<'static> {
    match line {
        HelpLine::Blank => Line::default(),
        HelpLine::Heading(text) => Line::from(Span::styled(
            cut(text, width),
            theme.accent.add_modifier(Modifier::BOLD),
        )),
        HelpLine::Entry { keys, name, help } => {
            let (key_columns, name_columns) = if width < 60 { (10, 0) } else { (12, 15) };
            let rest = width.saturating_sub(key_columns + name_columns + 3);
            let mut spans = vec![
                Span::styled(fit(keys, key_columns), theme.unread),
                Span::raw(" "),
            ];
            if name_columns > 0 {
                spans.push(Span::styled(fit(name, name_columns), theme.faint));
                spans.push(Span::raw(" "));
            }
            spans.push(Span::styled(cut(help, rest), theme.text));
            Line::from(spans)
        }
    }
}
