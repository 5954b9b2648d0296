//! The help: keys, commands, marks.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::model::Model;
use crate::app::overlay::Help;
use crate::app::present::help::{HelpLine, Shape, WIDTH, lines, shape};
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{cut, fit};
use crate::ui::overlay::centred;
use crate::ui::paint::{put, window};
use crate::ui::status;
use crate::ui::theme::Theme;

/// Draws the help over the whole screen but its edges.
pub fn draw(model: &Model, open: &Help, frame: &mut Frame, theme: &Theme) {
    let area = centred(frame.area(), WIDTH, frame.area().height.saturating_sub(2));
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
    let shape = shape(frame.area().width);
    for (row, line) in lines
        .iter()
        .skip(open.scroll)
        .take(usize::from(list.height))
        .enumerate()
    {
        put(frame, list, row, &one(line, shape, theme));
    }
}

fn one(line: &HelpLine, shape: Shape, theme: &Theme) -> Line<'static> {
    let mut spans = Vec::new();
    let help = match line {
        HelpLine::Blank => return Line::default(),
        HelpLine::Heading(text) => {
            let style = theme.accent.add_modifier(Modifier::BOLD);
            return Line::from(Span::styled(text.as_str().to_owned(), style));
        }
        HelpLine::Entry { keys, name, help } => {
            spans.push(Span::styled(fit(keys, shape.keys), theme.unread));
            spans.push(Span::raw(" "));
            if shape.name > 0 {
                spans.push(Span::styled(fit(name, shape.name), theme.faint));
                spans.push(Span::raw(" "));
            }
            help
        }
        HelpLine::More(help) => {
            let gaps = 1 + usize::from(shape.name > 0);
            let before = shape.keys + shape.name + gaps;
            spans.push(Span::raw(" ".repeat(before)));
            help
        }
    };
    spans.push(Span::styled(cut(help, shape.words), theme.text));
    Line::from(spans)
}
