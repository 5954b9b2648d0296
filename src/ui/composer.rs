//! The tabs, and the mail that is being written: its lines, its attachments, its text, and addresses to choose from.

use std::ops::Range;

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};

use crate::app::completion::Completion;
use crate::app::composer::{Composer, Place};
use crate::app::composer_shape::{ComposerShape, LABEL_COLUMNS, composer_shape, wrapped};
use crate::app::layout::Area;
use crate::app::model::Model;
use crate::app::present::mails::{attachment, not_here, tabs as shown_tabs};
use crate::app::present::overlay::addresses;
use crate::app::text_area::TextArea;
use crate::app::text_rows::{column_of, row_of, rows_from};
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut, fit};
use crate::ui::overlay::rows;
use crate::ui::paint::{put, rect, rule, tint, window};
use crate::ui::status::tail;
use crate::ui::theme::Theme;

/// The widest tab.
const TAB_COLUMNS: usize = 28;

/// Draws the row of tabs; the one that is seen always is among them.
pub fn tabs(model: &Model, frame: &mut Frame, area: Rect, theme: &Theme) {
    let all = shown_tabs(model);
    let room = usize::from(area.width);
    let wanted = |tab: &SafeText| columns(tab).min(TAB_COLUMNS) + 2;
    let front = all.iter().position(|(_, is_front)| *is_front).unwrap_or(0);
    let mut first = 0;
    let used = |from: usize| -> usize {
        let seen = all.iter().take(front + 1).skip(from);
        seen.map(|(tab, _)| wanted(tab) + 1).sum()
    };
    while first < front && used(first) > room {
        first += 1;
    }
    let mut spans = Vec::new();
    for (tab, is_front) in all.iter().skip(first) {
        let style = if *is_front { theme.cursor } else { theme.faint };
        spans.push(Span::styled(format!(" {} ", cut(tab, TAB_COLUMNS)), style));
        spans.push(Span::styled("│", theme.rule));
    }
    put(frame, area, 0, &Line::from(spans));
}

/// Draws the composer that is seen.
pub fn draw(model: &Model, frame: &mut Frame, area: Area, theme: &Theme) {
    let Some(composer) = model.composers.front() else {
        return;
    };
    let shape = composer_shape(area, composer);
    let (mut cursor, mut row) = (None, 0);
    for at in &shape.lines {
        let place = Rect {
            y: at.y,
            height: at.rows,
            ..rect(area)
        };
        let here = line(model, composer, at.place, frame, place, theme);
        if composer.place == at.place {
            (cursor, row) = (here, at.y);
            for row in (0..at.rows).filter(|_| !composer.is_typing) {
                tint(frame, place, usize::from(row), theme.cursor);
            }
        }
    }
    rule(frame, rect(shape.rule), theme);
    if let Some(words) = not_here(&composer.rest) {
        let room = usize::from(shape.rule.columns).saturating_sub(4);
        let words = cut(&words, room);
        let spans = vec![
            Span::styled("──", theme.rule),
            Span::styled(format!(" {words} "), theme.alarm),
        ];
        put(frame, rect(shape.rule), 0, &Line::from(spans));
    }
    let in_text = text(composer, &shape, frame, theme);
    if composer.place == Place::Body {
        cursor = in_text;
    }
    if composer.is_typing {
        if let Some(cursor) = cursor.filter(|at| frame.area().contains(*at)) {
            frame.set_cursor_position(cursor);
        }
        if let Some(open) = &composer.completion {
            offered(open, frame, (rect(area), row), theme);
        }
    } else if composer.place == Place::Body {
        let mark = Rect {
            width: 1,
            ..rect(shape.rule)
        };
        put(frame, mark, 0, &Line::from(Span::styled("▌", theme.accent)));
    }
}

/// One line; where typing in it goes on.
fn line(
    model: &Model,
    composer: &Composer,
    place: Place,
    frame: &mut Frame,
    area: Rect,
    theme: &Theme,
) -> Option<Position> {
    let labels = usize::from(LABEL_COLUMNS);
    let room = usize::from(area.width).saturating_sub(labels + 3);
    let label = |name: &str| {
        let name = fit(&SafeText::line(name), labels);
        Span::styled(format!(" {name}"), theme.faint)
    };
    if place == Place::From {
        let hint = if model.settings.identities.len() > 1 && composer.place == place {
            "   ◂ ▸ changes it"
        } else {
            ""
        };
        let from = cut(&SafeText::line(&composer.from), room);
        let from = Span::styled(from, theme.text);
        let hint = Span::styled(hint, theme.faint);
        put(frame, area, 0, &Line::from(vec![label("From"), from, hint]));
        return cell(area, labels + 1);
    }
    if let Place::Attachment(index) = place {
        let (name, kind) = attachment(composer.rest.attachments.get(index)?);
        let spans = vec![
            Span::styled(format!(" {:>1$} ", "@", labels - 1), theme.accent),
            Span::styled(cut(&name, room / 2), theme.text),
            Span::styled(format!("  {}", cut(&kind, room / 2)), theme.faint),
        ];
        put(frame, area, 0, &Line::from(spans));
        return None;
    }
    let (_, name) = Place::TYPED.iter().find(|(other, _)| *other == place)?;
    let typed = composer.line(place)?;
    if composer.is_typing && composer.place == place {
        let (before, after) = typed.around_cursor();
        let before = tail(&before, room);
        let column = columns(&SafeText::line_up_to(&before, usize::MAX));
        let after = cut(&after, room.saturating_sub(column));
        let shown = Span::styled(format!("{before}{after}"), theme.text);
        put(frame, area, 0, &Line::from(vec![label(name), shown]));
        return cell(area, labels + 1 + column);
    }
    for (row, piece) in wrapped(&typed.text(), area.width, area.height)
        .iter()
        .enumerate()
    {
        let shown = Span::styled(cut(piece, room), theme.text);
        let name = if row == 0 { name } else { "" };
        put(frame, area, row, &Line::from(vec![label(name), shown]));
    }
    None
}

fn cell(area: Rect, column: usize) -> Option<Position> {
    Some(Position {
        x: area.x.saturating_add(u16::try_from(column).ok()?),
        y: area.y,
    })
}

/// The text; where typing goes on in it.
fn text(
    composer: &Composer,
    shape: &ComposerShape,
    frame: &mut Frame,
    theme: &Theme,
) -> Option<Position> {
    let area = rect(shape.body);
    let (width, height) = (usize::from(area.width), usize::from(area.height));
    let body = &composer.body;
    let here = row_of(body.text(), body.cursor(), width);
    let mut cursor = None;
    for (index, row) in rows_from(body.text(), body.top(), width, height)
        .iter()
        .enumerate()
    {
        put(frame, area, index, &Line::from(spans(body, row, theme)));
        if is_quoted(body.text(), row)
            && !body
                .text()
                .get(row.start..)
                .is_some_and(|rest| rest.starts_with('>'))
        {
            // A row without a mark of its own, as it goes on from the one above.
            let margin = Rect {
                x: area.x.saturating_sub(1),
                width: 1,
                ..area
            };
            put(
                frame,
                margin,
                index,
                &Line::from(Span::styled("│", theme.quote)),
            );
        }
        if row.start == here.start {
            // Blanks may hang over the edge; the cursor stays in sight.
            let column = column_of(body.text(), body.cursor(), width).min(width);
            cursor = Some(Position {
                x: area.x.saturating_add(u16::try_from(column).unwrap_or(0)),
                y: area.y.saturating_add(u16::try_from(index).unwrap_or(0)),
            });
        }
    }
    cursor
}

/// Whether a row belongs to a quoted line.
fn is_quoted(text: &str, row: &Range<usize>) -> bool {
    let head = text.get(..row.start).unwrap_or_default();
    let line = head.rfind('\n').map_or(0, |at| at + 1);
    text.get(line..).is_some_and(|rest| rest.starts_with('>'))
}

/// A row of the text, what is selected of it reversed.
fn spans(body: &TextArea, row: &Range<usize>, theme: &Theme) -> Vec<Span<'static>> {
    let text = body.text();
    let style = if is_quoted(text, row) {
        theme.quote
    } else {
        theme.text
    };
    // Tabs count from the beginning of the row: what is shown of a beginning begins what is shown.
    let shown = |end: usize| SafeText::body(text.get(row.start..end).unwrap_or_default());
    let whole = shown(row.end);
    let selected = body.selected().unwrap_or_default();
    let from = selected.start.clamp(row.start, row.end);
    let to = selected.end.clamp(row.start, row.end);
    let (from, to) = (shown(from).as_str().len(), shown(to).as_str().len());
    let piece =
        |from: usize, to: usize| whole.as_str().get(from..to).unwrap_or_default().to_owned();
    vec![
        Span::styled(piece(0, from), style),
        Span::styled(piece(from, to), style.add_modifier(Modifier::REVERSED)),
        Span::styled(piece(to, whole.as_str().len()), style),
    ]
}

/// The addresses that what is typed may become, below its line.
fn offered(open: &Completion, frame: &mut Frame, (area, row): (Rect, u16), theme: &Theme) {
    if open.found.is_empty() {
        return;
    }
    let (left, top) = (LABEL_COLUMNS - 1, row.saturating_add(1));
    let n = u16::try_from(open.found.len()).unwrap_or(u16::MAX);
    let place = Rect {
        x: area.x.saturating_add(left),
        y: top,
        width: area.width.saturating_sub(left + 1).min(60),
        height: n.saturating_add(2).min(area.bottom().saturating_sub(top)),
    };
    let inner = window(frame, place, theme, &SafeText::own("Tab takes it"));
    rows(
        frame,
        inner,
        &addresses(open),
        Some(open.cursor.unwrap_or(0)),
        theme,
    );
}
