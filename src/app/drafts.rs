//! The list of drafts on this machine, while it is open.

use crate::channel::draft::{DraftId, DraftRow};

/// The open list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DraftList {
    /// The drafts, the last one changed first; `None` before they were read.
    pub rows: Option<Vec<DraftRow>>,
    /// The one under the cursor; `None` where there is none.
    cursor: Option<DraftId>,
}

impl DraftList {
    /// The drafts that are known.
    #[must_use]
    pub fn rows(&self) -> &[DraftRow] {
        self.rows.as_deref().unwrap_or_default()
    }

    /// Index of the row under the cursor; 0 without one.
    #[must_use]
    pub fn cursor(&self) -> usize {
        let mut rows = self.rows().iter();
        rows.position(|row| Some(row.id) == self.cursor)
            .unwrap_or(0)
    }

    /// The draft under the cursor.
    #[must_use]
    pub fn current(&self) -> Option<&DraftRow> {
        self.rows().get(self.cursor())
    }

    /// Takes what was read; the cursor stays on its draft, or on its line where that is gone.
    pub fn arrive(&mut self, rows: Vec<DraftRow>) {
        let line = self.cursor();
        self.rows = Some(rows);
        if !self.rows().iter().any(|row| Some(row.id) == self.cursor) {
            let last = self.rows().len().saturating_sub(1);
            self.cursor = self.rows().get(line.min(last)).map(|row| row.id);
        }
    }

    /// Moves the cursor, not beyond the ends.
    pub fn step(&mut self, by: isize) {
        let last = self.rows().len().saturating_sub(1);
        let aim = self.cursor().saturating_add_signed(by).min(last);
        self.cursor = self.rows().get(aim).map(|row| row.id);
    }
}
