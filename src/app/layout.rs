//! Where the panes are: a pure function of the terminal's size and of what is shown. `ui` draws by it; `app` takes
//! page sizes and the pane under the mouse from it.

use crate::command::preset::Pane;

/// Columns of the folder pane.
pub const FOLDER_COLUMNS: u16 = 22;
/// Columns of a row of the list for the bar and the marks; a click there selects.
pub const MARK_COLUMNS: usize = 4;
/// Below this many columns or rows nothing can be drawn.
pub const MIN_SIZE: (u16, u16) = (40, 10);
/// From here on the message stands beside the list.
const BESIDE_COLUMNS: u16 = 140;
/// From here on all three panes are on the screen.
const WIDE_COLUMNS: u16 = 100;
/// Fewer body rows than this cannot be shared by list and message.
const STACKED_ROWS: u16 = 12;
/// From here on a rule stands above the status line.
const RULE_ROWS: u16 = 18;

/// A rectangle of cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Area {
    /// Left column, from 0.
    pub x: u16,
    /// Top row, from 0.
    pub y: u16,
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

impl Area {
    /// Whether a cell lies in it.
    #[must_use]
    pub const fn contains(self, column: u16, row: u16) -> bool {
        column >= self.x
            && row >= self.y
            && column - self.x < self.columns
            && row - self.y < self.rows
    }

    /// Without its first row.
    #[must_use]
    pub const fn below_title(self) -> Self {
        let title = if self.rows > 0 { 1 } else { 0 };
        Self {
            y: self.y + title,
            rows: self.rows - title,
            ..self
        }
    }
}

/// What the layout depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Terminal columns.
    pub columns: u16,
    /// Terminal rows.
    pub rows: u16,
    /// Which pane has the focus: on a narrow screen it is the one that is seen.
    pub focus: Pane,
    /// Whether the user hid the folder pane of a wide screen.
    pub folders_hidden: bool,
    /// Whether a banner takes the first row.
    pub banner: bool,
    /// Whether the last row shows hints.
    pub hints: bool,
    /// Whether a row shows the tabs: mail is being written.
    pub tabs: bool,
    /// Whether a composer is seen, instead of the panes.
    pub composer: bool,
}

/// Where everything is. Panes include their title row; `None` means not on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// The first row's banner.
    pub banner: Option<Area>,
    /// The row of tabs.
    pub tabs: Option<Area>,
    /// The composer that is seen.
    pub composer: Option<Area>,
    /// The folder tree.
    pub folders: Option<Area>,
    /// The list.
    pub list: Option<Area>,
    /// The message.
    pub message: Option<Area>,
    /// The column right of the folder tree, one wide.
    pub folder_rule: Option<Area>,
    /// Between list and message: one wide or one high.
    pub message_rule: Option<Area>,
    /// The rule above the status line.
    pub status_rule: Option<Area>,
    /// The status line.
    pub status: Area,
    /// The hints line.
    pub hints: Option<Area>,
}

/// Lays the screen out; `None` when it is too small.
#[must_use]
pub fn layout(shape: Shape) -> Option<Layout> {
    if shape.columns < MIN_SIZE.0 || shape.rows < MIN_SIZE.1 {
        return None;
    }
    let mut rest = Area {
        x: 0,
        y: 0,
        columns: shape.columns,
        rows: shape.rows,
    };
    let banner = shape.banner.then(|| cut_top(&mut rest, 1));
    let tabs = shape.tabs.then(|| cut_top(&mut rest, 1));
    let hints = shape.hints.then(|| cut_bottom(&mut rest, 1));
    let status = cut_bottom(&mut rest, 1);
    let status_rule = (shape.rows >= RULE_ROWS).then(|| cut_bottom(&mut rest, 1));
    let mut layout = Layout {
        banner,
        tabs,
        status_rule,
        status,
        hints,
        ..Layout::default()
    };
    if shape.composer {
        layout.composer = Some(rest);
    } else {
        panes(&mut layout, shape, rest);
    }
    Some(layout)
}

fn panes(layout: &mut Layout, shape: Shape, mut rest: Area) {
    let wide = shape.columns >= WIDE_COLUMNS;
    let called = shape.focus == Pane::Folders;
    if called || (wide && !shape.folders_hidden) {
        layout.folders = Some(cut_left(&mut rest, FOLDER_COLUMNS));
        layout.folder_rule = Some(cut_left(&mut rest, 1));
    }
    if shape.columns >= BESIDE_COLUMNS {
        // The list needs no more than about ninety columns; the message takes what it can use.
        let list_columns = (u32::from(rest.columns) * 9 / 20).clamp(50, 96);
        layout.list = Some(cut_left(
            &mut rest,
            u16::try_from(list_columns).unwrap_or(50),
        ));
        layout.message_rule = Some(cut_left(&mut rest, 1));
        layout.message = Some(rest);
    } else if wide && rest.rows >= STACKED_ROWS {
        let list_rows = (rest.rows * 2 / 5).max(5);
        layout.list = Some(cut_top(&mut rest, list_rows));
        layout.message_rule = Some(cut_top(&mut rest, 1));
        layout.message = Some(rest);
    } else if shape.focus == Pane::Message {
        layout.message = Some(rest);
    } else {
        layout.list = Some(rest);
    }
}

fn cut_top(rest: &mut Area, rows: u16) -> Area {
    let rows = rows.min(rest.rows);
    let cut = Area { rows, ..*rest };
    rest.y += rows;
    rest.rows -= rows;
    cut
}

fn cut_bottom(rest: &mut Area, rows: u16) -> Area {
    let rows = rows.min(rest.rows);
    rest.rows -= rows;
    Area {
        y: rest.y + rest.rows,
        rows,
        ..*rest
    }
}

fn cut_left(rest: &mut Area, columns: u16) -> Area {
    let columns = columns.min(rest.columns);
    let cut = Area { columns, ..*rest };
    rest.x += columns;
    rest.columns -= columns;
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(columns: u16, rows: u16, focus: Pane) -> Option<Layout> {
        layout(Shape {
            columns,
            rows,
            focus,
            folders_hidden: false,
            banner: false,
            hints: true,
            tabs: false,
            composer: false,
        })
    }

    #[test]
    fn panes_follow_the_width() {
        assert_eq!(at(39, 10, Pane::List), None);
        assert_eq!(at(40, 9, Pane::List), None);
        let narrow = at(80, 24, Pane::List).unwrap();
        assert!(narrow.folders.is_none() && narrow.message.is_none());
        assert_eq!(narrow.list.unwrap().rows, 21);
        let opened = at(80, 24, Pane::Message).unwrap();
        assert!(opened.list.is_none() && opened.message.is_some());
        let called = at(80, 24, Pane::Folders).unwrap();
        assert_eq!(called.folders.unwrap().columns, FOLDER_COLUMNS);
        assert_eq!(called.list.unwrap().columns, 57);
        let stacked = at(100, 30, Pane::List).unwrap();
        assert!(stacked.message.unwrap().y > stacked.list.unwrap().y);
        let beside = at(160, 45, Pane::List).unwrap();
        assert!(beside.message.unwrap().x > beside.list.unwrap().x);
    }

    #[test]
    fn every_area_stays_on_the_screen() {
        for columns in 40..320 {
            for rows in [10, 11, 13, 17, 18, 24, 60, 200] {
                for focus in Pane::ALL {
                    let l = at(columns, rows, focus).unwrap();
                    let areas = [
                        l.folders,
                        l.list,
                        l.message,
                        l.folder_rule,
                        l.message_rule,
                        l.hints,
                        Some(l.status),
                    ];
                    for area in areas.into_iter().flatten() {
                        assert!(area.x + area.columns <= columns && area.y + area.rows <= rows);
                        assert!(area.columns > 0 && area.rows > 0);
                    }
                }
            }
        }
    }
}
