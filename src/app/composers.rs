//! The composers that are open, and which of them is seen.

use crate::app::composer::Composer;
use crate::channel::draft::DraftId;

/// The mails that are being written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Composers {
    /// Them, in the order in which they were opened.
    pub open: Vec<Composer>,
    /// The number of the one that is seen; `None` while the mail is.
    pub front: Option<u64>,
    /// What was cut or copied last in a text: it can be put into another mail too.
    pub kept: String,
}

impl Composers {
    /// The one that is seen.
    #[must_use]
    pub fn front(&self) -> Option<&Composer> {
        let front = self.front?;
        self.open.iter().find(|composer| composer.number == front)
    }

    /// The one that is seen, to be changed.
    pub fn front_mut(&mut self) -> Option<&mut Composer> {
        let front = self.front?;
        self.get_mut(front)
    }

    /// One by its number.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Composer> {
        self.open
            .iter_mut()
            .find(|composer| composer.number == number)
    }

    /// Those that have a tab: the others are leaving.
    pub fn tabs(&self) -> impl Iterator<Item = &Composer> {
        self.open.iter().filter(|composer| composer.has_tab())
    }

    /// Puts the composer to the front that is open on a draft; false where none is.
    pub fn show(&mut self, draft: DraftId) -> bool {
        let mut tabs = self.tabs();
        let found = tabs.find(|composer| composer.base.draft() == Some(draft));
        let number = found.map(|composer| composer.number);
        drop(tabs);
        self.front = number.or(self.front);
        number.is_some()
    }

    /// Puts the next tab to the front; behind the last one comes the mail.
    pub fn turn(&mut self) {
        let numbers: Vec<u64> = self.tabs().map(|composer| composer.number).collect();
        let at = numbers
            .iter()
            .position(|number| Some(*number) == self.front);
        let next = at.map_or(0, |at| at + 1);
        self.front = numbers.get(next).copied();
    }
}
