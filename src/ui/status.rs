//! The status line and the hints below it; what is being typed takes the place of the hints.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::app::input::Input;
use crate::app::layout::Layout;
use crate::app::model::Model;
use crate::app::overlay::Overlay;
use crate::app::present::hints::{hints, placed};
use crate::app::present::number::size;
use crate::app::present::overlay::{naming_label, tags_label};
use crate::app::present::status::{Tone, left, right};
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut};
use crate::ui::paint::{put, rect};
use crate::ui::theme::Theme;

/// Draws both lines.
pub fn draw(model: &Model, frame: &mut Frame, layout: &Layout, theme: &Theme) {
    states(model, frame, rect(layout.status), theme);
    let bottom = rect(layout.hints.unwrap_or(layout.status));
    match &model.overlay {
        Some(Overlay::Limit(input)) => prompt(frame, bottom, "limit: ", input, theme),
        Some(Overlay::CommandLine(input)) => prompt(frame, bottom, ":", input, theme),
        Some(Overlay::SelectWords(input)) => prompt(frame, bottom, "select: ", input, theme),
        Some(Overlay::Tags(line)) => {
            prompt(frame, bottom, &tags_label(model), &line.input, theme);
        }
        Some(Overlay::FolderName(open)) => {
            let label = naming_label(model, open.naming);
            prompt(frame, bottom, &label, &open.input, theme);
        }
        Some(Overlay::SaveTo(open)) => {
            let room = usize::from(bottom.width) / 3;
            let cost = size(open.n_total);
            let label = format!("save {} ({cost}) to: ", cut(&open.what, room));
            prompt(frame, bottom, &label, &open.input, theme);
        }
        Some(Overlay::SendLater(open)) => {
            prompt(frame, bottom, "send at: ", &open.input, theme);
        }
        Some(Overlay::AttachPath(open)) => prompt(frame, bottom, "attach: ", &open.input, theme),
        Some(Overlay::Bounce(open)) => prompt(frame, bottom, "bounce to: ", &open.input, theme),
        _ => {
            if let Some(area) = layout.hints {
                keys(model, frame, rect(area), theme);
            }
        }
    }
}

const fn style(tone: Tone, theme: &Theme) -> Style {
    match tone {
        Tone::Calm => theme.text,
        Tone::Busy => theme.busy,
        Tone::Alarm => theme.alarm,
    }
}

fn states(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    let width = usize::from(area.width).saturating_sub(2);
    let mut spans: Vec<Span> = Vec::new();
    let mut used = 0;
    for (index, piece) in right(model).iter().enumerate() {
        if index > 0 {
            spans.push(Span::styled(" · ", theme.faint));
            used += 3;
        }
        let text = cut(&piece.text, width.saturating_sub(used));
        used += columns(&piece.text).min(width.saturating_sub(used));
        spans.push(Span::styled(text, style(piece.tone, theme)));
    }
    if let Some(piece) = left(model) {
        // What was just said or went wrong may take what the states leave, and at least half of the line.
        let room = width.saturating_sub(used + 2).max(width / 2);
        let text = cut(&piece.text, room);
        let line = Line::from(vec![
            Span::raw(" "),
            Span::styled(text, style(piece.tone, theme)),
        ]);
        put(frame, area, 0, &line);
        if used + 2 > width - columns(&piece.text).min(room) {
            return;
        }
    }
    let left = u16::try_from(width.saturating_sub(used) + 1).unwrap_or(area.width);
    let place = Rect {
        x: area.x + left,
        width: area.width.saturating_sub(left),
        ..area
    };
    put(frame, place, 0, &Line::from(spans));
}

fn keys(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    for placed in placed(hints(model), usize::from(area.width)) {
        let x = u16::try_from(placed.x)
            .unwrap_or(area.width)
            .min(area.width);
        let place = Rect {
            x: area.x + x,
            width: area.width - x,
            ..area
        };
        let line = Line::from(vec![
            Span::styled(placed.hint.keys.as_str().to_owned(), theme.accent),
            Span::styled(format!(" {}   ", placed.hint.text), theme.faint),
        ]);
        put(frame, place, 0, &line);
    }
}

fn prompt(frame: &mut Frame, area: Rect, label: &str, input: &Input, theme: &Theme) {
    let blank = " ".repeat(usize::from(area.width));
    put(frame, area, 0, &Line::from(Span::styled(blank, theme.text)));
    typed(frame, area, 0, label, input, theme);
}

/// Draws what is being typed behind a label and puts the terminal's cursor there; the end that is typed at is seen.
pub fn typed(frame: &mut Frame, area: Rect, row: u16, label: &str, input: &Input, theme: &Theme) {
    let (before, after) = input.around_cursor();
    let label_columns = columns(&SafeText::line(label)) + 1;
    let room = usize::from(area.width).saturating_sub(label_columns + 1);
    let before = tail(&before, room);
    let used = label_columns + columns(&SafeText::line(&before));
    let line = Line::from(vec![
        Span::raw(" "),
        Span::styled(label.to_owned(), theme.accent),
        Span::styled(before, theme.text),
        Span::styled(
            cut(&after, usize::from(area.width).saturating_sub(used)),
            theme.text,
        ),
    ]);
    put(frame, area, usize::from(row), &line);
    let x = area
        .x
        .saturating_add(u16::try_from(used).unwrap_or(0))
        .min(area.right().saturating_sub(1));
    let y = area.y.saturating_add(row);
    if area.contains(Position { x, y }) {
        frame.set_cursor_position((x, y));
    }
}

/// The end of a text, in at most `room` columns.
#[must_use]
pub fn tail(text: &SafeText, room: usize) -> String {
    let (mut used, mut start) = (0, text.as_str().len());
    for (at, grapheme) in text.as_str().grapheme_indices(true).rev() {
        used += grapheme.width();
        if used > room {
            break;
        }
        start = at;
    }
    text.as_str().get(start..).unwrap_or_default().to_owned()
}
