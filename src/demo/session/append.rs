//! APPEND, with APPENDUID where UIDPLUS is offered. RFC 3501 §6.3.11, RFC 4315 §3.

use std::sync::Arc;

use crate::demo::date;
use crate::demo::dialect::oddity::Oddity;
use crate::demo::mailbox::Content;
use crate::demo::session::{Reply, Session};
use crate::demo::token::Token;
use crate::mail::flag::Flags;

impl Session {
    /// Stores one message.
    pub(super) fn append(&self, arguments: &[Token]) -> Reply {
        let [name, options @ .., Token::Text(message)] = arguments else {
            return Reply::bad("APPEND takes a mailbox and a literal");
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
                    None => return Reply::bad("That is not a date"),
                },
                Token::Atom(_) => return Reply::bad("APPEND takes flags and a date"),
            }
        }
        let internal_date = internal_date.unwrap_or_else(date::now);
        let content = Content::Stored(Arc::from(message.as_slice()));
        let name = name.text();
        let added = self.shared.change(|state| {
            state.may_add(&name)?;
            state.has_room(content.size_bytes())?;
            let mailbox = state.get(&name).ok_or("[TRYCREATE] No such mailbox")?;
            let (validity, flags) = (mailbox.validity, mailbox.kept(&flags));
            let uid = state.add(&name, flags, internal_date, content);
            uid.map(|uid| (validity, uid)).ok_or("[SERVERBUG] Gone")
        });
        match added {
            Err(why) => Reply::no(why),
            Ok((validity, uid)) if self.dialect.has("UIDPLUS") => {
                Reply::ok(format!("[APPENDUID {validity} {uid}] Stored"))
            }
            Ok(_) => Reply::ok("Stored"),
        }
    }
}
