//! What a FETCH asks for. RFC 3501 §6.4.5, RFC 7162 §3.1.4 and §3.2.6 (CHANGEDSINCE, VANISHED).

use crate::demo::dialect::oddity::Oddity;
use crate::demo::section::Section;
use crate::demo::session::Session;
use crate::demo::token::Token;

/// A made-up capability: the server ignores the range of `BODY[..]<..>`, as some do.
const NO_RANGES: &str = "X-NO-RANGES";

/// One thing to tell of each message.
pub(super) enum Item {
    Uid,
    Flags,
    InternalDate,
    Size,
    ModSeq,
    Envelope,
    Structure {
        extended: bool,
    },
    Section(Section),
    /// RFC822, RFC822.HEADER, RFC822.TEXT: a section under an old name.
    Old(&'static str, Section),
    EmailId,
    ThreadId,
    Preview,
    GmailId,
    GmailThread,
    GmailLabels,
}

/// A FETCH as understood.
pub(super) struct Wanted {
    pub(super) items: Vec<Item>,
    pub(super) sets_seen: bool,
    pub(super) changed_since: Option<u64>,
    pub(super) vanished: bool,
}

impl Session {
    /// Whether this server passes over an item as if it had not been asked for.
    fn leaves_out(&self, name: &str) -> bool {
        let oddity = match name {
            "RFC822" => Oddity::Rfc822LeftOut,
            "RFC822.SIZE" => Oddity::SizeLeftOut,
            "MODSEQ" => Oddity::NoModSeq,
            _ => return false,
        };
        self.dialect.is_odd(oddity)
    }

    /// Reads the items, macros included.
    pub(super) fn wanted(&self, items: &Token) -> Option<Wanted> {
        let mut wanted = Wanted {
            items: Vec::new(),
            sets_seen: false,
            changed_since: None,
            vanished: false,
        };
        let mut is_left_out = false;
        for token in items.members() {
            let name = token.upper();
            match name.as_str() {
                // What stands behind PREVIEW: `(LAZY)`.
                "" if matches!(wanted.items.last(), Some(Item::Preview)) => {}
                name if self.leaves_out(name) => is_left_out = true,
                "ALL" | "FAST" | "FULL" => {
                    wanted
                        .items
                        .extend([Item::Flags, Item::InternalDate, Item::Size]);
                    if name != "FAST" {
                        wanted.items.push(Item::Envelope);
                    }
                    if name == "FULL" {
                        wanted.items.push(Item::Structure { extended: false });
                    }
                }
                _ => {
                    let (item, sets_seen) = self.item(&name)?;
                    wanted.items.push(item);
                    wanted.sets_seen |= sets_seen;
                }
            }
        }
        (is_left_out || !wanted.items.is_empty()).then_some(wanted)
    }

    /// One item, and whether it sets `\Seen`.
    fn item(&self, name: &str) -> Option<(Item, bool)> {
        if let Some(section) = name.strip_prefix("BODY.PEEK") {
            let section = Section::parse(section)?;
            let is_ignored = self.dialect.has(NO_RANGES);
            let section = if is_ignored {
                section.without_range()
            } else {
                section
            };
            return Some((Item::Section(section), false));
        }
        let binary = name.strip_prefix("BINARY.PEEK");
        if let Some(section) = binary.filter(|_| self.dialect.has("BINARY")) {
            return Some((Item::Section(Section::parse_binary(section)?), false));
        }
        if let Some(section) = name.strip_prefix("BODY[") {
            let section = Section::parse(&format!("[{section}"))?;
            return Some((Item::Section(section), true));
        }
        let item = match name {
            "UID" => Item::Uid,
            "FLAGS" => Item::Flags,
            "INTERNALDATE" => Item::InternalDate,
            "RFC822.SIZE" => Item::Size,
            "MODSEQ" if self.dialect.has("CONDSTORE") => Item::ModSeq,
            "ENVELOPE" => Item::Envelope,
            "BODY" => Item::Structure { extended: false },
            "BODYSTRUCTURE" => Item::Structure { extended: true },
            "RFC822" => return Some((Item::Old("RFC822", Section::parse("[]")?), true)),
            "RFC822.TEXT" => {
                return Some((Item::Old("RFC822.TEXT", Section::parse("[TEXT]")?), true));
            }
            "RFC822.HEADER" => Item::Old("RFC822.HEADER", Section::parse("[HEADER]")?),
            "EMAILID" if self.dialect.has("OBJECTID") => Item::EmailId,
            "THREADID" if self.dialect.has("OBJECTID") => Item::ThreadId,
            "PREVIEW" if self.dialect.has("PREVIEW") => Item::Preview,
            "X-GM-MSGID" if self.dialect.has("X-GM-EXT-1") => Item::GmailId,
            "X-GM-THRID" if self.dialect.has("X-GM-EXT-1") => Item::GmailThread,
            "X-GM-LABELS" if self.dialect.has("X-GM-EXT-1") => Item::GmailLabels,
            _ => return None,
        };
        Some((item, false))
    }

    /// Reads `(CHANGEDSINCE n VANISHED)`.
    pub(super) fn modify(
        &self,
        wanted: &mut Wanted,
        modifiers: &[Token],
        by_uid: bool,
    ) -> Result<(), &'static str> {
        let mut modifiers = modifiers.iter().flat_map(Token::members);
        while let Some(modifier) = modifiers.next() {
            match modifier.upper().as_str() {
                "CHANGEDSINCE" if self.dialect.has("CONDSTORE") => {
                    let value = modifiers.next().and_then(Token::number);
                    wanted.changed_since = Some(value.ok_or("CHANGEDSINCE takes a number")?);
                }
                "VANISHED" if self.qresync && by_uid => wanted.vanished = true,
                _ => return Err("Unknown FETCH modifier, or QRESYNC not enabled"),
            }
        }
        if wanted.vanished && wanted.changed_since.is_none() {
            return Err("VANISHED needs CHANGEDSINCE");
        }
        Ok(())
    }
}
