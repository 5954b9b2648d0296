//! What was done to a text, so that it can be taken back and done again: what goes on in the same way is one step.

use std::collections::VecDeque;

/// Steps that can be taken back, and the bytes that they may keep.
const MAX_EDITS: usize = 1_000;
const MAX_KEPT_BYTES: usize = 16 << 20;

/// Something was replaced by something else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The place, in bytes from the start.
    pub at: usize,
    /// What stood there.
    pub removed: String,
    /// What stands there now.
    pub inserted: String,
    /// Where the cursor was.
    pub cursor: usize,
}

impl Edit {
    const fn n_bytes(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }

    /// Becomes one with the next edit, where that goes on beside it.
    fn joins(&mut self, next: &Self, run: Run) -> bool {
        let is_behind = next.at == self.at + self.inserted.len();
        match run {
            Run::Typing if is_behind && next.removed.is_empty() => {
                self.inserted.push_str(&next.inserted);
            }
            Run::Deleting if next.at + next.removed.len() == self.at => {
                self.at = next.at;
                self.removed.insert_str(0, &next.removed);
            }
            Run::Deleting if is_behind => self.removed.push_str(&next.removed),
            _ => return false,
        }
        true
    }
}

/// What an edit is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Run {
    /// Nothing: it is a step of its own.
    #[default]
    None,
    /// The letters of a word.
    Typing,
    /// Characters that go one by one.
    Deleting,
    /// Pieces that are cut one after the other: a step each, but put back together.
    Cutting,
}

/// The steps back, and the steps forward.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct History {
    done: VecDeque<Edit>,
    undone: Vec<Edit>,
    n_bytes: usize,
    run: Run,
}

impl History {
    /// Notes what was done last.
    pub fn note(&mut self, edit: Edit, run: Run) {
        self.undone.clear();
        let goes_on = run == self.run;
        self.run = run;
        self.n_bytes = self.n_bytes.saturating_add(edit.n_bytes());
        let last = self.done.back_mut().filter(|_| goes_on);
        if last.is_none_or(|last| !last.joins(&edit, run)) {
            self.done.push_back(edit);
        }
        while self.done.len() > MAX_EDITS || self.n_bytes > MAX_KEPT_BYTES && self.done.len() > 1 {
            let oldest = self.done.pop_front();
            let n_bytes = oldest.map_or(0, |edit| edit.n_bytes());
            self.n_bytes = self.n_bytes.saturating_sub(n_bytes);
        }
    }

    /// The cursor went elsewhere: what comes is another step.
    pub const fn pause(&mut self) {
        self.run = Run::None;
    }

    /// What the newest edit is a part of, as long as nothing else was done.
    #[must_use]
    pub const fn run(&self) -> Run {
        self.run
    }

    /// The edit that is to be taken back now; `None` where there is none.
    pub fn back(&mut self) -> Option<&Edit> {
        self.pause();
        let edit = self.done.pop_back()?;
        self.n_bytes = self.n_bytes.saturating_sub(edit.n_bytes());
        self.undone.push(edit);
        self.undone.last()
    }

    /// The edit that is to be done again now; `None` where there is none.
    pub fn forward(&mut self) -> Option<&Edit> {
        self.pause();
        let edit = self.undone.pop()?;
        self.n_bytes = self.n_bytes.saturating_add(edit.n_bytes());
        self.done.push_back(edit);
        self.done.back()
    }
}
