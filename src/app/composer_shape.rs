//! Where the parts of a composer are: its lines above, the text below.

use crate::app::composer::{Composer, Place};
use crate::app::layout::Area;
use crate::app::wrap::wrap;
use crate::mail::safe_text::SafeText;

/// Columns for the names of the lines.
pub const LABEL_COLUMNS: u16 = 9;
/// Text is typed in rows of at most so many columns, as it is read elsewhere.
const TEXT_COLUMNS: u16 = 78;
/// The text keeps at least so many rows.
const TEXT_ROWS: u16 = 4;
/// While nothing is typed a line is seen in at most so many rows: whom a mail goes to is read before it is sent.
const LINE_ROWS: u16 = 4;

/// A line and the rows that it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeLine {
    /// Which.
    pub place: Place,
    /// Its first row on the screen.
    pub y: u16,
    /// How many it has, at least 1.
    pub rows: u16,
}

/// The parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposerShape {
    /// The lines that are seen, from the top down.
    pub lines: Vec<ShapeLine>,
    /// The row between the lines and the text.
    pub rule: Area,
    /// The text, without the margins.
    pub body: Area,
}

/// Lays a composer out. On a small screen only the lines around the cursor are seen, and the most telling ones while
/// the text is typed.
#[must_use]
pub fn composer_shape(area: Area, composer: &Composer) -> ComposerShape {
    let places = seen_places(area, composer);
    let n_places = u16::try_from(places.len()).unwrap_or(area.rows);
    let mut spare = area.rows.saturating_sub(TEXT_ROWS + 1 + n_places);
    let (mut lines, mut y) = (Vec::new(), area.y);
    for place in places {
        let more = wanted_rows(area, composer, place)
            .saturating_sub(1)
            .min(spare);
        spare -= more;
        let rows = more + 1;
        lines.push(ShapeLine { place, y, rows });
        y = y.saturating_add(rows);
    }
    let used = (y - area.y).saturating_add(1).min(area.rows);
    ComposerShape {
        rule: Area {
            y: area.y + used.saturating_sub(1),
            rows: 1,
            ..area
        },
        body: Area {
            x: area.x + 1,
            y: area.y + used,
            columns: area.columns.saturating_sub(2).min(TEXT_COLUMNS),
            rows: area.rows - used,
        },
        lines,
    }
}

fn seen_places(area: Area, composer: &Composer) -> Vec<Place> {
    let mut lines = composer.places();
    lines.retain(|place| *place != Place::Body);
    let room = usize::from(area.rows.saturating_sub(TEXT_ROWS + 1)).max(1);
    if lines.len() > room {
        if composer.place == Place::Body {
            lines.retain(|place| matches!(place, Place::To | Place::Subject));
        } else {
            let at = lines.iter().position(|place| *place == composer.place);
            let last = lines.len() - room;
            let first = at.unwrap_or(0).saturating_sub(room / 2).min(last);
            lines.drain(..first);
        }
        lines.truncate(room);
    }
    lines
}

fn wanted_rows(area: Area, composer: &Composer, place: Place) -> u16 {
    // Nothing jumps while somebody types.
    let shown = composer.line(place).filter(|_| !composer.is_typing);
    let n_rows = shown.map_or(1, |line| {
        wrapped(&line.text(), area.columns, LINE_ROWS).len()
    });
    u16::try_from(n_rows).unwrap_or(1)
}

/// What stands in a line that is not typed at, in so many rows of the columns that its area leaves to it.
#[must_use]
pub fn wrapped(text: &str, columns: u16, rows: u16) -> Vec<SafeText> {
    let room = columns.saturating_sub(LABEL_COLUMNS + 3);
    let text = SafeText::line_up_to(text, usize::MAX);
    wrap(&text, usize::from(room), usize::from(rows))
}
