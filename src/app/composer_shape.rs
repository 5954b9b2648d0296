//! Where the parts of a composer are: its lines above, the text below.

use crate::app::composer::{Composer, Place};
use crate::app::layout::Area;

/// Text is typed in rows of at most so many columns, as it is read elsewhere.
const TEXT_COLUMNS: u16 = 78;
/// The text keeps at least so many rows.
const TEXT_ROWS: u16 = 4;

/// The parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComposerShape {
    /// The lines that are seen, from the top down, one row each.
    pub lines: Vec<Place>,
    /// The row between the lines and the text.
    pub rule: Area,
    /// The text, without the margins.
    pub body: Area,
}

/// Lays a composer out. On a small screen only the lines around the cursor are seen, and the most telling ones while
/// the text is typed.
#[must_use]
pub fn composer_shape(area: Area, composer: &Composer) -> ComposerShape {
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
    let n_lines = u16::try_from(lines.len()).unwrap_or(area.rows);
    let used = n_lines.saturating_add(1).min(area.rows);
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
