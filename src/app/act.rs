//! What the user does with messages, as a value: the changes that it means for the journal, and the words for it.

use crate::channel::operation::Change;
use crate::mail::flag::{Keyword, SystemFlag};
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// Something done with messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Mark read, or unread.
    Seen(bool),
    /// As by `mark-read-after`: nobody pressed a key for it, so no undo offers it.
    SeenByItself,
    /// Star, or remove the star.
    Starred(bool),
    /// Add and remove tags; in the order typed.
    Tagged(Vec<(Keyword, bool)>),
    /// Move to the archive.
    Archive(MailboxId),
    /// Move to Trash.
    Trash(MailboxId),
    /// Delete for good.
    Delete,
    /// Mark as junk and move to Junk.
    Junk(MailboxId),
    /// Mark as no junk and move to the inbox.
    NotJunk(MailboxId),
    /// Move to a folder, with its name for people.
    Move(MailboxId, SafeText),
    /// Copy to a folder, with its name for people.
    Copy(MailboxId, SafeText),
}

/// The words for an act: a verb for while and after it happens, and what follows the number of messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// `archiving`
    pub doing: &'static str,
    /// `archived`
    pub done: &'static str,
    /// ` to Travel`; empty for most.
    pub rest: String,
}

impl Act {
    /// What it means for the journal, in order.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        let flag = |flag, on| vec![Change::Flag { flag, on }];
        let junk = |is_junk: bool, to| {
            let (set, cleared) = if is_junk {
                (Keyword::junk(), Keyword::not_junk())
            } else {
                (Keyword::not_junk(), Keyword::junk())
            };
            vec![
                Change::Keyword {
                    keyword: set,
                    on: true,
                },
                Change::Keyword {
                    keyword: cleared,
                    on: false,
                },
                Change::Move { to },
            ]
        };
        match self {
            Self::Seen(on) => flag(SystemFlag::Seen, *on),
            Self::SeenByItself => flag(SystemFlag::Seen, true),
            Self::Starred(on) => flag(SystemFlag::Flagged, *on),
            Self::Tagged(tags) => tags
                .iter()
                .map(|(keyword, on)| Change::Keyword {
                    keyword: keyword.clone(),
                    on: *on,
                })
                .collect(),
            Self::Archive(to) | Self::Trash(to) | Self::Move(to, _) => {
                vec![Change::Move { to: *to }]
            }
            Self::Copy(to, _) => vec![Change::Copy { to: *to }],
            Self::Delete => vec![Change::Delete],
            Self::Junk(to) => junk(true, *to),
            Self::NotJunk(to) => junk(false, *to),
        }
    }

    /// Where messages are afterwards that were not there before; `None` when nowhere.
    #[must_use]
    pub const fn destination(&self) -> Option<MailboxId> {
        match self {
            Self::Archive(to)
            | Self::Trash(to)
            | Self::Junk(to)
            | Self::NotJunk(to)
            | Self::Move(to, _)
            | Self::Copy(to, _) => Some(*to),
            _ => None,
        }
    }

    /// Whether the row shows it so plainly that nothing need be said of one message.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        matches!(self, Self::Seen(_) | Self::SeenByItself | Self::Starred(_))
    }

    /// The name under which the journal keeps it and undo speaks of it; empty for what undo does not offer.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Seen(true) => "read".to_owned(),
            Self::Seen(false) => "unread".to_owned(),
            Self::SeenByItself => String::new(),
            Self::Starred(true) => "star".to_owned(),
            Self::Starred(false) => "unstar".to_owned(),
            Self::Tagged(tags) => tag_words(tags),
            Self::Archive(_) => "archive".to_owned(),
            Self::Trash(_) => "delete".to_owned(),
            Self::Delete => "delete for good".to_owned(),
            Self::Junk(_) => "junk".to_owned(),
            Self::NotJunk(_) => "not junk".to_owned(),
            Self::Move(_, name) => format!("move to {name}"),
            Self::Copy(_, name) => format!("copy to {name}"),
        }
    }

    /// How a screen speaks of it.
    #[must_use]
    pub fn words(&self) -> Words {
        let words = |doing, done, rest: &str| Words {
            doing,
            done,
            rest: rest.to_owned(),
        };
        match self {
            Self::Seen(true) | Self::SeenByItself => words("marking", "marked", " read"),
            Self::Seen(false) => words("marking", "marked", " unread"),
            Self::Starred(true) => words("starring", "starred", ""),
            Self::Starred(false) => words("unstarring", "unstarred", ""),
            Self::Tagged(tags) => words("tagging", "tagged", &format!(" {}", tag_words(tags))),
            Self::Archive(_) => words("archiving", "archived", ""),
            Self::Trash(_) => words("deleting", "deleted", ""),
            Self::Delete => words("deleting", "deleted", " for good"),
            Self::Junk(_) => words("marking", "marked", " as junk"),
            Self::NotJunk(_) => words("marking", "marked", " as no junk"),
            Self::Move(_, name) => words("moving", "moved", &format!(" to {name}")),
            Self::Copy(_, name) => words("copying", "copied", &format!(" to {name}")),
        }
    }
}

/// `+todo -later`
fn tag_words(tags: &[(Keyword, bool)]) -> String {
    let words = tags
        .iter()
        .map(|(keyword, on)| format!("{}{}", if *on { '+' } else { '-' }, keyword.as_str()));
    words.collect::<Vec<_>>().join(" ")
}

/// Reads `+todo -later work`: a word alone is added. At least one.
///
/// # Errors
/// The word that can be no tag; empty where nothing was typed.
pub fn parse_tags(text: &str) -> Result<Vec<(Keyword, bool)>, String> {
    let mut tags: Vec<(Keyword, bool)> = Vec::new();
    for word in text.split_whitespace() {
        let (name, on) = match word.strip_prefix('-') {
            Some(name) => (name, false),
            None => (word.strip_prefix('+').unwrap_or(word), true),
        };
        let keyword = Keyword::parse(name).ok_or_else(|| word.to_owned())?;
        // What was typed last about a tag counts.
        tags.retain(|(other, _)| !other.as_str().eq_ignore_ascii_case(keyword.as_str()));
        tags.push((keyword, on));
    }
    if tags.is_empty() {
        Err(String::new())
    } else {
        Ok(tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_words_with_a_sign_and_the_last_word_counts() {
        for (typed, expected) in [
            ("todo", Ok("+todo")),
            (" +todo  -later work ", Ok("+todo -later +work")),
            ("+a -A", Ok("-A")),
            ("-$Junk", Ok("-$Junk")),
            ("", Err("")),
            ("+", Err("+")),
            ("-", Err("-")),
            ("ok not(ok", Err("not(ok")),
            ("\\Seen", Err("\\Seen")),
            ("größe", Err("größe")),
        ] {
            let read = parse_tags(typed).map(|tags| tag_words(&tags));
            assert_eq!(
                read,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{typed}"
            );
        }
    }
}
