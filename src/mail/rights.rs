//! What a user may do in a mailbox. RFC 4314.

/// The letters of RFC 4314 §2.1; the place of each is its bit.
const LETTERS: [u8; 11] = *b"lrswipkxtea";

/// The rights of the user in one mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rights(u16);

/// What a right may be needed for, of what is done to the mail in a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Marking messages read or unread.
    MarkRead,
    /// Changing other flags and keywords.
    Mark,
    /// Putting messages in.
    Add,
    /// Taking messages out, by MOVE or for good.
    Remove,
}

impl Deed {
    /// The letters that it needs, all of them. RFC 4314 §4.
    const fn needs(self) -> &'static [u8] {
        match self {
            Self::MarkRead => b"s",
            Self::Mark => b"w",
            Self::Add => b"i",
            Self::Remove => b"te",
        }
    }

    /// Why it cannot be done, as the end of "you …".
    const fn words(self) -> &'static str {
        match self {
            Self::MarkRead => "may not mark mail read here",
            Self::Mark => "may not change flags here",
            Self::Add => "may not put mail in here",
            Self::Remove => "may not take mail out of here",
        }
    }
}

impl Rights {
    /// Reads the letters of MYRIGHTS; what is no right of RFC 4314 is left out.
    ///
    /// A server of RFC 2086 knows `c` for what `k` and `x` are now, and `d` for `t` and `e`. RFC 4314 §2.1.1.
    #[must_use]
    pub fn from_letters(letters: &[u8]) -> Self {
        let bits = letters.iter().map(|letter| match letter {
            b'c' => bit(b'k') | bit(b'x'),
            b'd' => bit(b't') | bit(b'e'),
            letter => bit(*letter),
        });
        Self(bits.fold(0, |all, one| all | one))
    }

    /// The letters in the order of RFC 4314 §2.1.
    #[must_use]
    pub fn letters(self) -> String {
        let held = LETTERS.iter().filter(|letter| self.0 & bit(**letter) != 0);
        held.map(|letter| char::from(*letter)).collect()
    }

    /// Whether something may be done.
    #[must_use]
    pub fn allow(self, deed: Deed) -> bool {
        deed.needs().iter().all(|letter| self.0 & bit(*letter) != 0)
    }

    /// Whether nothing that is in the mailbox can be changed, and nothing put in.
    #[must_use]
    pub fn only_read(self) -> bool {
        let deeds = [Deed::MarkRead, Deed::Mark, Deed::Add, Deed::Remove];
        !deeds.into_iter().any(|deed| self.allow(deed))
    }
}

/// Why something cannot be done in a mailbox, as the end of "you …" or "the folder …" with its subject; `None` where
/// nothing is known to stand against it. `rights` is `None` where the server does not tell them; `is_read_only` is what the
/// last SELECT found.
#[must_use]
pub fn refusal(rights: Option<Rights>, is_read_only: bool, deed: Deed) -> Option<String> {
    if rights.is_some_and(|rights| !rights.allow(deed)) {
        return Some(format!("you {}", deed.words()));
    }
    // Mail may still be put in by COPY: only the server knows.
    (is_read_only && deed != Deed::Add).then(|| "the folder is read-only".to_owned())
}

fn bit(letter: u8) -> u16 {
    let place = LETTERS.iter().position(|known| *known == letter);
    place.map_or(0, |place| 1 << place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_both_standards_are_read() {
        assert_eq!(Rights::from_letters(b"lrs9Z").letters(), "lrs");
        assert_eq!(Rights::from_letters(b"lrcd").letters(), "lrkxte");
        assert_eq!(
            Rights::from_letters(b"aetxkpiwsrl").letters(),
            "lrswipkxtea"
        );
    }

    #[test]
    fn a_refusal_says_why() {
        let lrs = Rights::from_letters(b"lrs");
        let guest = Some(lrs);
        assert_eq!(refusal(guest, false, Deed::MarkRead), None);
        let words = refusal(guest, false, Deed::Remove).unwrap();
        assert_eq!(words, "you may not take mail out of here");
        assert!(!lrs.only_read() && Rights::from_letters(b"lra").only_read());
        let words = refusal(None, true, Deed::Mark).unwrap();
        assert_eq!(words, "the folder is read-only");
        assert_eq!(refusal(None, true, Deed::Add), None);
        assert_eq!(refusal(None, false, Deed::Remove), None);
    }
}
