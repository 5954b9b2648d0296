//! The message pane: headers, attachments, text.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::message::{self as pane, LABEL_COLUMNS, header_lines, text_columns};
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
        None => header_lines(&known, area.width),
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
            let style = if name.as_str() == "From" {
                theme.unread
            } else {
                theme.text
            };
            spans.push(Span::styled(
                fit(name, usize::from(LABEL_COLUMNS)),
                theme.faint,
            ));
            spans.push(Span::styled(
                cut(value, room.saturating_sub(usize::from(LABEL_COLUMNS))),
                style,
            ));
        }
        pane::Line::Attachment(part) => {
            let detail =
                SafeText::line(&format!("{}  {}", size(part.size_bytes), part.content_type));
            let name = if part.name.as_str().is_empty() {
                SafeText::line("(no name)")
            } else {
                part.name.clone()
            };
            let detail_columns = columns(&detail).min(room / 2);
            spans.push(Span::styled("@ ", theme.accent));
            spans.push(Span::styled(
                cut(&name, room.saturating_sub(detail_columns + 4)),
                theme.text,
            ));
            spans.push(Span::styled(
                format!("  {}", cut(&detail, detail_columns)),
                theme.faint,
            ));
        }
        pane::Line::Defect(text) => {
            spans.push(Span::styled("! ", theme.alarm));
            spans.push(Span::styled(cut(text, room.saturating_sub(2)), theme.text));
        }
        pane::Line::Blank => {}
        pane::Line::Rule => spans.push(Span::styled(
            "─".repeat(usize::from(text_columns(width))),
            theme.rule,
        )),
        pane::Line::Text(text) => push_text(&mut spans, text, theme),
        pane::Line::Folded(n) => {
            let unit = if *n == 1 { "line" } else { "lines" };
            let text = format!(
                "> {} quoted {unit}, zq shows them",
                grouped(u64::try_from(*n).unwrap_or(u64::MAX))
            );
            spans.push(Span::styled(
                text,
                theme.faint.add_modifier(Modifier::ITALIC),
            ));
        }
    }
    Line::from(spans)
}

fn push_text(spans: &mut Vec<Span<'static>>, line: &StyledLine, theme: &Theme) {
    for span in &line.spans {
        spans.push(Span::styled(
            span.text.as_str().to_owned(),
            theme.piece(span.style, line.quote_depth),
        ));
    }
}
