//! The message pane: headers, attachments, text.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::message::{self as pane, LABEL_COLUMNS, text_columns};
use crate::app::model::Model;
use crate::app::present::message::{instead_of_text, known_headers, progress, title};
use crate::app::present::number::{grouped, size};
use crate::command::preset::Pane;
use crate::mail::safe_text::SafeText;
use crate::mail::styled::StyledLine;
use crate::ui::fit::{columns, cut, fit};
use crate::ui::list::below_title;
use crate::ui::paint;
use crate::ui::paint::put;
use crate::ui::theme::Theme;

/// Draws the message, or what stands in its place.
pub fn draw(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    let Some(name) = title(model) else { return };
    let inner = below_title(area);
    let height = usize::from(inner.height);
    let n_lines = model.message.n_lines(area.width);
    let read = progress(model.message.scroll, height, n_lines);
    let focused = model.focus == Pane::Message;
    // The subject is content: it does not fade without the focus as the other titles do.
    let bold = Theme {
        title: theme.unread,
        ..*theme
    };
    paint::title(frame, area, &bold, focused, &name, &read);
    let known = known_headers(model);
    let lines = match model.message.view() {
        Some(_) => model.message.visible(area.width, height),
        None => model.message.header_lines(&known, area.width),
    };
    for (row, line) in lines.iter().enumerate() {
        put(frame, inner, row, &one(line, area.width, theme));
    }
    if let Some(text) = instead_of_text(model) {
        let used = u16::try_from(lines.len())
            .unwrap_or(u16::MAX)
            .min(inner.height);
        let rest = Rect {
            y: inner.y + used,
            height: inner.height - used,
            ..inner
        };
        paint::words(frame, rest, &text, theme.faint);
    }
}

fn one(line: &pane::Line, width: u16, theme: &Theme) -> Line<'static> {
    let room = usize::from(width.saturating_sub(2));
    let mut spans = vec![Span::raw(" ")];
    match line {
        pane::Line::Header(name, value) => {
            let label = usize::from(LABEL_COLUMNS);
            let style = if name.as_str() == "From" {
                theme.unread
            } else {
                theme.text
            };
            spans.push(Span::styled(fit(name, label), theme.faint));
            spans.push(Span::styled(cut(value, room.saturating_sub(label)), style));
        }
        pane::Line::Attachment(part) => {
            let kind = SafeText::line(&format!("{}  {}", size(part.size_bytes), part.content_type));
            push_attachment(&mut spans, &part.name, &kind, room, theme);
        }
        pane::Line::Fate(text) => {
            spans.push(Span::styled(cut(text, room), theme.alarm));
        }
        pane::Line::Defect(text) => {
            spans.push(Span::styled("! ", theme.alarm));
            spans.push(Span::styled(cut(text, room.saturating_sub(2)), theme.text));
        }
        pane::Line::Blank => {}
        pane::Line::Rule => {
            let line = "─".repeat(usize::from(text_columns(width)));
            spans.push(Span::styled(line, theme.rule));
        }
        pane::Line::Text(text) => push_text(&mut spans, text, theme),
        pane::Line::Folded(n) => {
            let unit = if *n == 1 { "line" } else { "lines" };
            let count = grouped(u64::try_from(*n).unwrap_or(u64::MAX));
            let style = theme.faint.add_modifier(Modifier::ITALIC);
            spans.push(Span::styled(
                format!("> {count} quoted {unit} folded"),
                style,
            ));
        }
    }
    Line::from(spans)
}

fn push_attachment(
    spans: &mut Vec<Span<'static>>,
    name: &SafeText,
    kind: &SafeText,
    room: usize,
    theme: &Theme,
) {
    let kind_columns = columns(kind).min(room / 2);
    let name_columns = room.saturating_sub(kind_columns + 4);
    spans.push(Span::styled("@ ", theme.accent));
    if name.as_str().is_empty() {
        spans.push(Span::styled("(no name)", theme.faint));
    } else {
        spans.push(Span::styled(cut(name, name_columns), theme.text));
    }
    spans.push(Span::styled(
        format!("  {}", cut(kind, kind_columns)),
        theme.faint,
    ));
}

fn push_text(spans: &mut Vec<Span<'static>>, line: &StyledLine, theme: &Theme) {
    for span in &line.spans {
        spans.push(Span::styled(
            span.text.as_str().to_owned(),
            theme.piece(span.style, line.quote_depth),
        ));
    }
}
