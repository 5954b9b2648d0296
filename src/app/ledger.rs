//! The ledger while it is open: what the journal holds, and a cursor on its operations.

use crate::channel::ledger::{Ledger, LedgerRow};
use crate::channel::operation::OperationId;

/// The open ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerPage {
    /// What was read; `None` before the first answer.
    pub ledger: Option<Box<Ledger>>,
    /// The operation under the cursor; `None` where there is none.
    pub current: Option<OperationId>,
    /// The first line on the screen.
    pub scroll: usize,
    /// It was asked for and has not come.
    pub is_awaited: bool,
    /// It changed since it was asked for.
    pub is_stale: bool,
}

impl LedgerPage {
    /// The operations.
    #[must_use]
    pub fn rows(&self) -> &[LedgerRow] {
        self.ledger
            .as_ref()
            .map_or(&[], |ledger| ledger.rows.as_slice())
    }

    /// Index of the row under the cursor; 0 without one.
    #[must_use]
    pub fn cursor(&self) -> usize {
        let is_current = |row: &LedgerRow| Some(row.operation) == self.current;
        self.rows().iter().position(is_current).unwrap_or(0)
    }

    /// The operation under the cursor.
    #[must_use]
    pub fn current_row(&self) -> Option<&LedgerRow> {
        self.rows().get(self.cursor())
    }

    /// Takes a newer one over; the cursor stays on its operation, or on its line where that is gone.
    pub fn arrive(&mut self, ledger: Ledger) {
        let line = self.cursor();
        self.ledger = Some(Box::new(ledger));
        let is_there = self
            .rows()
            .iter()
            .any(|row| Some(row.operation) == self.current);
        if !is_there {
            let last = self.rows().len().saturating_sub(1);
            self.current = self.rows().get(line.min(last)).map(|row| row.operation);
        }
    }

    /// Moves the cursor, not beyond the ends; false when it could not move.
    pub fn step(&mut self, by: isize) -> bool {
        let last = self.rows().len().saturating_sub(1);
        let (from, aim) = (
            self.cursor(),
            self.cursor().saturating_add_signed(by).min(last),
        );
        self.current = self.rows().get(aim).map(|row| row.operation);
        from != aim
    }
}
