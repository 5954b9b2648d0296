//! The mouse in a composer: a click puts the cursor there and typing begins; the wheel goes through the text.

use crate::app::composer::Place;
use crate::app::composer_shape::composer_shape;
use crate::app::model::Model;
use crate::app::text_rows::{place_at, rows_from};
use crate::app::update::composer::{body_size, review};

/// A click on a cell of the composer that is seen.
pub fn click(model: &mut Model, column: u16, row: u16) {
    let Some(area) = model.layout().and_then(|layout| layout.composer) else {
        return;
    };
    let Some(composer) = model.composers.front_mut() else {
        return;
    };
    let shape = composer_shape(area, composer);
    let mut lines = shape.lines.iter();
    if let Some(line) = lines.find(|line| (line.y..line.y + line.rows).contains(&row)) {
        composer.is_typing = !matches!(line.place, Place::Attachment(_));
        (composer.place, composer.completion) = (line.place, None);
    }
    let Some(row) = row.checked_sub(shape.body.y) else {
        return;
    };
    let (columns, rows) = (
        usize::from(shape.body.columns),
        usize::from(shape.body.rows),
    );
    let body = &mut composer.body;
    let seen = rows_from(body.text(), body.top(), columns, rows);
    let column = usize::from(column.saturating_sub(shape.body.x));
    let at = seen.get(usize::from(row));
    let at = at.map_or(body.text().len(), |row| {
        place_at(body.text(), row, column, columns)
    });
    body.go_to(at);
    (composer.place, composer.completion, composer.is_typing) = (Place::Body, None, true);
}

/// The wheel was turned by so many rows. While text is typed the cursor goes along, as it is always seen.
pub fn wheel(model: &mut Model, by: isize) {
    let columns = body_size(model).map_or(78, |(columns, _)| columns);
    match model.composers.front_mut().filter(|open| open.is_typing) {
        None => review::scroll(model, by),
        Some(composer) if composer.place == Place::Body => {
            composer.body.vertical(by, columns, false);
        }
        Some(_) => {}
    }
}
