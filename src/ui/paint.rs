//! Small brushes: a line into a place, rules, a window over everything.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, BorderType, Clear};
use unicode_width::UnicodeWidthStr;

use crate::app::layout::Area;
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut};
use crate::ui::theme::Theme;

/// An area of the layout as ratatui names it.
#[must_use]
pub const fn rect(area: Area) -> Rect {
    Rect {
        x: area.x,
        y: area.y,
        width: area.columns,
        height: area.rows,
    }
}

/// Puts a line into row `row` of an area, over what is there; nothing outside of the area or of the screen changes.
pub fn put(frame: &mut Frame, area: Rect, row: usize, line: &Line) {
    let area = area.intersection(frame.area());
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height && area.width > 0 {
        frame
            .buffer_mut()
            .set_line(area.x, area.y + row, line, area.width);
    }
}

/// Gives a whole row of an area a style, under what is written there.
pub fn tint(frame: &mut Frame, area: Rect, row: usize, style: Style) {
    let area = area.intersection(frame.area());
    let Ok(row) = u16::try_from(row) else { return };
    if row < area.height {
        let line = Rect {
            y: area.y + row,
            height: 1,
            ..area
        };
        frame.buffer_mut().set_style(line, style);
    }
}

/// A pane's title row: the name at the left, a remark at the right.
pub fn title(
    frame: &mut Frame,
    area: Rect,
    theme: &Theme,
    focused: bool,
    name: &SafeText,
    remark: &SafeText,
) {
    let style = if focused {
        theme.title_focused
    } else {
        theme.title
    };
    let width = usize::from(area.width).saturating_sub(2);
    let remark_columns = columns(remark);
    // The remark goes first where both do not fit: the name says where one is.
    let shows_remark = remark_columns > 0 && remark_columns + 2 + columns(name).min(12) <= width;
    let room = if shows_remark {
        width - remark_columns - 2
    } else {
        width
    };
    let name = cut(name, room);
    put(
        frame,
        area,
        0,
        &Line::from(vec![Span::raw(" "), Span::styled(name, style)]),
    );
    if shows_remark {
        put_right(frame, area, 0, remark, theme.faint);
    }
}

/// Puts a text at the right end of a row, one column before the edge.
pub fn put_right(frame: &mut Frame, area: Rect, row: usize, text: &SafeText, style: Style) {
    let width = u16::try_from(columns(text)).unwrap_or(u16::MAX);
    let Some(left) = area.width.checked_sub(width.saturating_add(1)) else {
        return;
    };
    let place = Rect {
        x: area.x + left,
        width,
        ..area
    };
    put(
        frame,
        place,
        row,
        &Line::from(Span::styled(text.as_str().to_owned(), style)),
    );
}

/// Fills an area of one column or one row with a thin line.
pub fn rule(frame: &mut Frame, area: Rect, theme: &Theme) {
    let symbol = if area.width == 1 { "│" } else { "─" };
    let screen = frame.area();
    for position in area.intersection(screen).positions() {
        if let Some(cell) = frame.buffer_mut().cell_mut(position) {
            cell.set_symbol(symbol).set_style(theme.rule);
        }
    }
}

/// Joins a rule to the one that it meets.
pub fn joint(frame: &mut Frame, x: u16, y: u16, symbol: &'static str, theme: &Theme) {
    if let Some(cell) = frame.buffer_mut().cell_mut((x, y)) {
        cell.set_symbol(symbol).set_style(theme.rule);
    }
}

/// Clears an area, frames it, and returns what is inside, one column from the frame on either side.
pub fn window(frame: &mut Frame, area: Rect, theme: &Theme, name: &SafeText) -> Rect {
    let area = area.intersection(frame.area());
    frame.render_widget(Clear, area);
    cut_wide(frame, area);
    frame.buffer_mut().set_style(area, theme.text);
    let name = cut(name, usize::from(area.width).saturating_sub(6));
    let block = Block::bordered()
        .border_type(BorderType::Rounded)
        .border_style(theme.rule)
        .title(Line::from(Span::styled(
            format!(" {name} "),
            theme
                .title_focused
                .remove_modifier(ratatui::style::Modifier::UNDERLINED),
        )));
    let inner = block.inner(area);
    frame.render_widget(block, area);
    Rect {
        x: inner.x.saturating_add(1),
        width: inner.width.saturating_sub(2),
        ..inner
    }
}

/// Takes away wide characters that reach into an area from the left: a terminal would draw them over its edge.
fn cut_wide(frame: &mut Frame, area: Rect) {
    let Some(x) = area.x.checked_sub(1) else {
        return;
    };
    for y in area.top()..area.bottom() {
        let cell = frame.buffer_mut().cell_mut((x, y));
        if let Some(cell) = cell.filter(|cell| cell.symbol().width() > 1) {
            cell.set_symbol(" ");
        }
    }
}

/// Words in the middle of an empty pane, on as many lines as they need, up to half of it.
pub fn words(frame: &mut Frame, area: Rect, text: &SafeText, style: Style) {
    let width = area.width.saturating_sub(4);
    let most = usize::from(area.height / 2).max(4);
    let lines = crate::app::wrap::wrap(text, usize::from(width), most);
    let top = usize::from(area.height / 3).saturating_sub(lines.len() / 2);
    for (index, line) in lines.iter().enumerate() {
        let left = usize::from(area.width).saturating_sub(columns(line)) / 2;
        let line = Line::from(vec![
            Span::raw(" ".repeat(left)),
            Span::styled(line.as_str().to_owned(), style),
        ]);
        put(frame, area, top + index, &line);
    }
}
