//! The mouse, free of any terminal library.

/// Where the mouse was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mouse {
    /// A click of the first button.
    Click {
        /// Column, from 0.
        column: u16,
        /// Row, from 0.
        row: u16,
        /// Ctrl or Shift was held: it selects too.
        selects: bool,
    },
    /// The wheel, away from the user.
    ScrollUp {
        /// Column, from 0.
        column: u16,
        /// Row, from 0.
        row: u16,
    },
    /// The wheel, towards the user.
    ScrollDown {
        /// Column, from 0.
        column: u16,
        /// Row, from 0.
        row: u16,
    },
}
