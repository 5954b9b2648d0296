//! The tabs, and the mail that is being written: its lines, its attachments, its text, and addresses to choose from.

use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use crate::app::composer::{Completion, Composer, Place};
use crate::app::composer_shape::{ComposerShape, composer_shape};
use crate::app::layout::Area;
use crate::app::model::Model;
use crate::app::present::mails::{attachment, tabs as shown_tabs};
use crate::app::text_rows::{row_of, rows_from};
use crate::mail::safe_text::SafeText;
use crate::ui::fit::{columns, cut, fit};
use crate::ui::paint::{put, rect, rule, tint, window};
use crate::ui::status::tail;
use crate::ui::theme::Theme;

/// Columns for the names of the lines.
const LABEL_COLUMNS: usize = 9;
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
    let mut cursor = None;
    for (row, place) in shape.lines.iter().enumerate() {
        let here = line(model, composer, *place, frame, (rect(area), row), theme);
        if composer.place == *place {
            cursor = here;
            if !composer.is_typing {
                tint(frame, rect(area), row, theme.cursor);
            }
        }
    }
    rule(frame, rect(shape.rule), theme);
    if composer.place == Place::Body {
        cursor = text(composer, &shape, frame, theme);
    } else {
        text(composer, &shape, frame, theme);
    }
    if composer.is_typing {
        if let Some(cursor) = cursor.filter(|at| frame.area().contains(*at)) {
            frame.set_cursor_position(cursor);
        }
        if let Some(open) = &composer.completion {
            let row = shape.lines.iter().position(|at| *at == composer.place);
            offered(open, frame, (rect(area), row.unwrap_or(0)), theme);
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
    (area, row): (Rect, usize),
    theme: &Theme,
) -> Option<Position> {
    let room = usize::from(area.width).saturating_sub(LABEL_COLUMNS + 3);
    let label = |name: &str| {
        let name = fit(&SafeText::line(name), LABEL_COLUMNS);
        Span::styled(format!(" {name}"), theme.faint)
    };
    if place == Place::From {
        let is_choice = model.settings.identities.len() > 1 && composer.place == Place::From;
        let hint = if is_choice {
            "   ◂ ▸ changes it"
        } else {
            ""
        };
        let from = cut(&SafeText::line(&composer.from), room);
        let spans = vec![
            label("From"),
            Span::styled(from, theme.text),
            Span::styled(hint, theme.faint),
        ];
        put(frame, area, row, &Line::from(spans));
        return cell(area, row, LABEL_COLUMNS + 1);
    }
    if let Place::Attachment(index) = place {
        let (name, kind) = attachment(composer.rest.attachments.get(index)?);
        let spans = vec![
            Span::styled(format!(" {:>1$} ", "@", LABEL_COLUMNS - 1), theme.accent),
            Span::styled(cut(&name, room / 2), theme.text),
            Span::styled(format!("  {}", cut(&kind, room / 2)), theme.faint),
        ];
        put(frame, area, row, &Line::from(spans));
        return None;
    }
    let (_, name) = Place::TYPED.iter().find(|(other, _)| *other == place)?;
    let (before, after) = composer.line(place)?.around_cursor();
    let is_here = composer.is_typing && composer.place == place;
    let (shown, column) = if is_here {
        let before = tail(&before, room);
        let column = columns(&SafeText::line_up_to(&before, usize::MAX));
        let after = cut(&after, room.saturating_sub(column));
        (format!("{before}{after}"), column)
    } else {
        (cut(&SafeText::concat([&before, &after]), room), 0)
    };
    let spans = vec![label(name), Span::styled(shown, theme.text)];
    put(frame, area, row, &Line::from(spans));
    cell(area, row, LABEL_COLUMNS + 1 + column)
}

fn cell(area: Rect, row: usize, column: usize) -> Option<Position> {
    let (row, column) = (u16::try_from(row).ok()?, u16::try_from(column).ok()?);
    Some(Position {
        x: area.x.saturating_add(column),
        y: area.y.saturating_add(row),
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
    let rows = rows_from(body.text(), body.top(), width, height);
    let here = row_of(body.text(), body.cursor(), width);
    let mut cursor = None;
    for (index, row) in rows.iter().enumerate() {
        let shown = SafeText::body(body.text().get(row.clone()).unwrap_or_default());
        let style = if shown.as_str().starts_with('>') {
            theme.faint
        } else {
            theme.text
        };
        let span = Span::styled(shown.as_str().to_owned(), style);
        put(frame, area, index, &Line::from(span));
        if row.start == here.start {
            let before = body.text().get(row.start..body.cursor());
            let column = columns(&SafeText::body(before.unwrap_or_default()));
            cursor = Some(Position {
                x: area.x.saturating_add(u16::try_from(column).unwrap_or(0)),
                y: area.y.saturating_add(u16::try_from(index).unwrap_or(0)),
            });
        }
    }
    cursor
}

/// The addresses that what is typed may become, below its line.
fn offered(open: &Completion, frame: &mut Frame, (area, row): (Rect, usize), theme: &Theme) {
    if open.found.is_empty() {
        return;
    }
    let n = u16::try_from(open.found.len()).unwrap_or(8).min(8);
    let left = u16::try_from(LABEL_COLUMNS - 1).unwrap_or(8);
    let top = area.y.saturating_add(u16::try_from(row).unwrap_or(0));
    let place = Rect {
        x: area.x.saturating_add(left),
        y: top.saturating_add(1),
        width: area.width.saturating_sub(left + 1).min(60),
        height: n + 2,
    };
    let inner = window(frame, place, theme, &SafeText::own("Tab takes it"));
    for (index, address) in open.found.iter().enumerate() {
        let shown = cut(&SafeText::line(address), usize::from(inner.width));
        put(
            frame,
            inner,
            index,
            &Line::from(Span::styled(shown, theme.text)),
        );
        if open.cursor.unwrap_or(0) == index {
            tint(frame, inner, index, theme.cursor);
        }
    }
}
