//! APPEND and REPLACE, with APPENDUID where UIDPLUS is offered. RFC 3501 §6.3.11, RFC 4315 §3, RFC 8508.

use std::io;
use std::sync::Arc;

use crate::demo::date;
use crate::demo::dialect::oddity::Oddity;
use crate::demo::mailbox::Content;
use crate::demo::session::{Reply, Session};
use crate::demo::state::State;
use crate::demo::token::Token;
use crate::mail::flag::Flags;

/// A message that is to be stored, and where.
struct Letter {
    name: String,
    flags: Flags,
    internal_date: i64,
    content: Content,
}

impl Letter {
    /// Stores it; its UIDVALIDITY and UID.
    fn store(self, state: &mut State) -> Result<(u32, u32), &'static str> {
        state.may_add(&self.name)?;
        state.has_room(self.content.size_bytes())?;
        let mailbox = state.get(&self.name).ok_or("[TRYCREATE] No such mailbox")?;
        let (validity, flags) = (mailbox.validity, mailbox.kept(&self.flags));
        let uid = state.add(&self.name, flags, self.internal_date, self.content);
        uid.map(|uid| (validity, uid)).ok_or("[SERVERBUG] Gone")
    }
}

impl Session {
    /// Stores one message.
    pub(super) fn append(&self, arguments: &[Token]) -> Reply {
        let letter = match self.letter(arguments) {
            Ok(letter) => letter,
            Err(why) => return Reply::bad(why),
        };
        match self.shared.change(|state| letter.store(state)) {
            Err(why) => Reply::no(why),
            Ok((validity, uid)) if self.dialect.has("UIDPLUS") => {
                Reply::ok(format!("[APPENDUID {validity} {uid}] Stored"))
            }
            Ok(_) => Reply::ok("Stored"),
        }
    }

    /// Stores one message and removes one of the open mailbox, both or neither; the new address is told before the
    /// removal. RFC 8508 §3.4 and §4.3.
    pub(super) fn replace(&mut self, by_uid: bool, arguments: &[Token]) -> io::Result<Reply> {
        let Some((old, arguments)) = arguments.split_first() else {
            return Ok(Reply::bad("REPLACE what?"));
        };
        let letter = match self.letter(arguments) {
            Ok(letter) => letter,
            Err(why) => return Ok(Reply::bad(why)),
        };
        let (Some(selected), Some(targets)) = (&self.selected, self.targets(old, by_uid)) else {
            return Ok(Reply::bad("That is not a message"));
        };
        if selected.read_only {
            return Ok(Reply::no("[READ-ONLY] Mailbox opened read-only"));
        }
        let [(_, old)] = *targets.as_slice() else {
            return Ok(Reply::no("[NONEXISTENT] No such message"));
        };
        let from = selected.name.clone();
        let replaced = self.shared.change(|state| {
            state.may(&from, "te")?;
            let is_there = state
                .get(&from)
                .is_some_and(|mailbox| mailbox.get(old).is_some());
            if !is_there {
                return Err("[NONEXISTENT] No such message");
            }
            let stored = letter.store(state)?;
            if let Some(mailbox) = state.get_mut(&from) {
                mailbox.expunge(|message| message.uid == old);
            }
            Ok(stored)
        });
        match replaced {
            Err(why) => return Ok(Reply::no(why)),
            Ok((validity, uid)) if self.dialect.has("UIDPLUS") => {
                let told = format!("* OK [APPENDUID {validity} {uid}] Stored");
                self.output.line(&told)?;
            }
            Ok(_) => {}
        }
        Ok(Reply::ok("Replaced"))
    }

    /// A mailbox, maybe flags and a date, and a literal; else what is wrong.
    fn letter(&self, arguments: &[Token]) -> Result<Letter, &'static str> {
        let [name, options @ .., Token::Text(message)] = arguments else {
            return Err("A mailbox and a literal are needed");
        };
        let takes_keywords = !self.dialect.is_odd(Oddity::FixedFlags);
        let mut flags = Flags::default();
        let mut internal_date = None;
        for option in options {
            match option {
                Token::List(names) => {
                    let is_kept = |name: &String| name.starts_with('\\') || takes_keywords;
                    for name in names.iter().map(Token::text).filter(is_kept) {
                        flags.set(&name, true);
                    }
                }
                Token::Text(text) => match date::parse(&String::from_utf8_lossy(text)) {
                    Some(seconds) => internal_date = Some(seconds),
                    None => return Err("That is not a date"),
                },
                Token::Atom(_) => return Err("Only flags and a date may stand there"),
            }
        }
        Ok(Letter {
            name: name.text(),
            flags,
            internal_date: internal_date.unwrap_or_else(|| self.shared.now()),
            content: Content::Stored(Arc::from(message.as_slice())),
        })
    }
}
