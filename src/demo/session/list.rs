//! LIST with its extensions, LSUB, STATUS. RFC 3501 §6.3.8 - §6.3.10, RFC 5258, RFC 5819, RFC 6154.

use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::mailbox::Mailbox;
use crate::demo::namespace::delimiter;
use crate::demo::session::{Reply, Session};
use crate::demo::state::{self, State};
use crate::demo::token::Token;
use crate::mail::mailbox::Role;

/// What a LIST asks for beyond names.
#[derive(Default)]
struct Wishes {
    subscribed_only: bool,
    special_only: bool,
    show_subscribed: bool,
    show_roles: bool,
    status: Option<Vec<String>>,
}

impl Session {
    /// LIST in the plain and the extended form.
    pub(super) fn list(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        // RFC 5819 needs the form of RFC 5258, also where only LIST-STATUS is offered.
        let extended = self.dialect.has("LIST-EXTENDED") || self.dialect.has("LIST-STATUS");
        let mut rest = arguments;
        let mut wishes = Wishes::default();
        if let Some((Token::List(options), after)) = rest.split_first() {
            if !extended {
                return Ok(Reply::bad("LIST-EXTENDED is not offered"));
            }
            for option in options {
                match option.upper().as_str() {
                    "SUBSCRIBED" => (wishes.subscribed_only, wishes.show_subscribed) = (true, true),
                    "SPECIAL-USE" if self.dialect.has("SPECIAL-USE") => wishes.special_only = true,
                    "REMOTE" | "RECURSIVEMATCH" => {}
                    _ => return Ok(Reply::bad("Unknown LIST option")),
                }
            }
            rest = after;
        }
        let [reference, pattern, returns @ ..] = rest else {
            return Ok(Reply::bad("LIST takes a reference and a pattern"));
        };
        if let Some(keyword) = returns.first() {
            if !extended || keyword.upper() != "RETURN" {
                return Ok(Reply::bad("LIST takes a reference and a pattern"));
            }
            let options = returns.get(1).map(Token::members).unwrap_or_default();
            if let Err(why) = self.wish(options, &mut wishes) {
                return Ok(Reply::bad(why));
            }
        }
        if pattern.bytes() == Some(b"") {
            let letter = delimiter(self.shared.state().namespaces.delimiter(""));
            self.output
                .line(&format!("* LIST (\\Noselect) {letter} \"\""))?;
            return Ok(Reply::ok("Done"));
        }
        let patterns: Vec<String> = pattern
            .members()
            .iter()
            .map(|one| format!("{}{}", reference.text(), one.text()))
            .collect();
        let lines = self.list_lines(&patterns, &wishes);
        for line in lines {
            self.output.line(&line)?;
        }
        Ok(Reply::ok("Done"))
    }

    fn wish(&self, options: &[Token], wishes: &mut Wishes) -> Result<(), &'static str> {
        let mut options = options.iter();
        while let Some(option) = options.next() {
            match option.upper().as_str() {
                "SUBSCRIBED" => wishes.show_subscribed = true,
                "SPECIAL-USE" => wishes.show_roles = true,
                "CHILDREN" => {}
                "STATUS" if self.dialect.has("LIST-STATUS") => {
                    let items = options.next().ok_or("STATUS takes a list")?.members();
                    wishes.status = Some(items.iter().map(Token::upper).collect());
                }
                _ => return Err("Unknown RETURN option"),
            }
        }
        Ok(())
    }

    fn list_lines(&mut self, patterns: &[String], wishes: &Wishes) -> Vec<String> {
        let state = self.shared.state();
        let mut lines = Vec::new();
        let mut enables = false;
        for (name, mailbox) in &state.mailboxes {
            let letter = state.namespaces.delimiter(name);
            let is_wanted = |pattern: &String| {
                matches(pattern, name, letter) && state.namespaces.shows(pattern, name)
            };
            if !patterns.iter().any(is_wanted)
                || !mailbox.rights.have("l")
                || (wishes.show_subscribed && self.does_not_return(name, mailbox))
                || (wishes.subscribed_only && !mailbox.subscribed)
                || (wishes.special_only && mailbox.role.is_none())
            {
                continue;
            }
            let attributes = self.attributes(&state, name, mailbox, wishes);
            lines.push(format!(
                "* LIST ({attributes}) {} {}",
                delimiter(letter),
                self.listed(name)
            ));
            let may_read = mailbox.selectable && mailbox.rights.have("r");
            if let Some(items) = wishes.status.as_ref().filter(|_| may_read) {
                lines.push(self.status_line(name, mailbox, items));
                enables |= items.iter().any(|item| item == "HIGHESTMODSEQ");
            }
        }
        drop(state);
        self.condstore |= enables && self.dialect.has("CONDSTORE");
        lines
    }

    /// Whether a mailbox is left out where it should be told whether it is subscribed to.
    fn does_not_return(&self, name: &str, mailbox: &Mailbox) -> bool {
        let is_odd = |oddity| self.dialect.is_odd(oddity);
        is_odd(Oddity::NothingReturned)
            || (is_odd(Oddity::InboxLeftOut) && name == "INBOX")
            || (is_odd(Oddity::SubscribedAlone) && !mailbox.subscribed)
    }

    fn attributes(&self, state: &State, name: &str, mailbox: &Mailbox, wishes: &Wishes) -> String {
        let mut attributes = Vec::new();
        if !mailbox.selectable {
            attributes.push("\\Noselect");
        }
        if self.dialect.has("CHILDREN") {
            attributes.push(if state.has_children(name) {
                "\\HasChildren"
            } else {
                "\\HasNoChildren"
            });
        }
        if wishes.show_subscribed && mailbox.subscribed {
            attributes.push("\\Subscribed");
        }
        let tells_roles =
            self.dialect.has("SPECIAL-USE") || self.dialect.is_odd(Oddity::RolesUnannounced);
        let is_wanted = wishes.show_roles || !self.dialect.is_odd(Oddity::RolesOnReturn);
        if let Some(role) = mailbox.role.filter(|_| tells_roles && is_wanted) {
            attributes.push(attribute(role));
        }
        if name == "INBOX" && self.dialect.is_odd(Oddity::InboxWithoutChildren) {
            attributes.push("\\Noinferiors");
        }
        attributes.retain(|attribute| !attribute.is_empty());
        attributes.join(" ")
    }

    /// A name as LIST and LSUB show it.
    fn listed(&self, name: &str) -> String {
        if name == "INBOX" && self.dialect.is_odd(Oddity::InboxInSmallLetters) {
            return "Inbox".to_owned();
        }
        quoted(name)
    }

    /// LSUB.
    pub(super) fn lsub(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        let [reference, pattern] = arguments else {
            return Ok(Reply::bad("LSUB takes a reference and a pattern"));
        };
        let pattern = format!("{}{}", reference.text(), pattern.text());
        let lines: Vec<String> = {
            let state = self.shared.state();
            let letter = |name: &str| state.namespaces.delimiter(name);
            let subscribed = state
                .mailboxes
                .iter()
                .filter(|(_, mailbox)| mailbox.subscribed);
            subscribed
                .filter(|(name, _)| matches(&pattern, name, letter(name)))
                .map(|(name, _)| {
                    format!(
                        "* LSUB () {} {}",
                        delimiter(letter(name)),
                        self.listed(name)
                    )
                })
                .collect()
        };
        for line in lines {
            self.output.line(&line)?;
        }
        Ok(Reply::ok("Done"))
    }

    /// STATUS.
    pub(super) fn status(&mut self, arguments: &[Token]) -> io::Result<Reply> {
        let [name, items] = arguments else {
            return Ok(Reply::bad("STATUS takes a mailbox and a list"));
        };
        let items: Vec<String> = items.members().iter().map(Token::upper).collect();
        let name = state::canonical(&name.text());
        let line = {
            let state = self.shared.state();
            state.may(&name, "r").map(|()| {
                let mailbox = state.get(&name);
                mailbox.map(|mailbox| self.status_line(&name, mailbox, &items))
            })
        };
        let line = match line {
            Ok(Some(line)) => line,
            Ok(None) => return Ok(Reply::no("[NONEXISTENT] No such mailbox")),
            Err(why) => return Ok(Reply::no(why)),
        };
        if self.dialect.has("CONDSTORE") && items.iter().any(|item| item == "HIGHESTMODSEQ") {
            self.condstore = true;
        }
        self.output.line(&line)?;
        Ok(Reply::ok("Done"))
    }

    pub(super) fn status_line(&self, name: &str, mailbox: &Mailbox, items: &[String]) -> String {
        let values: Vec<String> = items
            .iter()
            .filter_map(|item| {
                if item == "MAILBOXID" && self.dialect.has("OBJECTID") {
                    return Some(format!("MAILBOXID (F{})", mailbox.id));
                }
                let value = match item.as_str() {
                    "MESSAGES" => mailbox.messages.len() as u64,
                    "RECENT" => 0,
                    "UIDNEXT" if self.dialect.is_odd(Oddity::NoUidNext) => return None,
                    "UIDNEXT" => u64::from(mailbox.uid_next),
                    "UIDVALIDITY" => u64::from(mailbox.validity),
                    "UNSEEN" => mailbox.n_unseen() as u64,
                    "HIGHESTMODSEQ" if self.dialect.has("CONDSTORE") => mailbox.highest_mod_seq,
                    "SIZE" => mailbox
                        .messages
                        .iter()
                        .map(|message| message.content.size_bytes())
                        .sum(),
                    _ => return None,
                };
                Some(format!("{item} {value}"))
            })
            .collect();
        format!("* STATUS {} ({})", quoted(name), values.join(" "))
    }
}

/// The LIST attribute of a role; empty where there is none.
const fn attribute(role: Role) -> &'static str {
    match role {
        Role::Inbox => "",
        Role::Drafts => "\\Drafts",
        Role::Sent => "\\Sent",
        Role::Archive => "\\Archive",
        Role::Junk => "\\Junk",
        Role::Trash => "\\Trash",
        Role::All => "\\All",
        Role::Flagged => "\\Flagged",
        Role::Important => "\\Important",
    }
}

/// A mailbox name as a quoted string.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Whether a LIST pattern fits a name: `*` anything, `%` anything within one level. RFC 3501 §6.3.8.
fn matches(pattern: &str, name: &str, delimiter: Option<char>) -> bool {
    let pattern = if pattern.eq_ignore_ascii_case("INBOX") {
        "INBOX"
    } else {
        pattern
    };
    // Positions in the pattern that are alive after each character of the name: linear in both, never recursive.
    let pattern: Vec<char> = pattern.chars().take(1000).collect();
    let close = |mut alive: Vec<bool>| {
        for (at, letter) in pattern.iter().enumerate() {
            if matches!(letter, '*' | '%')
                && alive.get(at) == Some(&true)
                && let Some(next) = alive.get_mut(at + 1)
            {
                *next = true;
            }
        }
        alive
    };
    let mut alive = vec![false; pattern.len() + 1];
    if let Some(first) = alive.first_mut() {
        *first = true;
    }
    alive = close(alive);
    for letter in name.chars() {
        let mut next = vec![false; pattern.len() + 1];
        for (at, expected) in pattern.iter().enumerate() {
            if alive.get(at) != Some(&true) {
                continue;
            }
            let (stays, moves) = match expected {
                '*' => (true, false),
                '%' => (Some(letter) != delimiter, false),
                other => (false, *other == letter),
            };
            if stays && let Some(slot) = next.get_mut(at) {
                *slot = true;
            }
            if moves && let Some(slot) = next.get_mut(at + 1) {
                *slot = true;
            }
        }
        alive = close(next);
    }
    alive.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_by_level() {
        for (pattern, name, expected) in [
            ("*", "Lists/rust", true),
            ("%", "Lists/rust", false),
            ("%", "Lists", true),
            ("Lists/%", "Lists/rust", true),
            ("inbox", "INBOX", true),
            ("*st", "Lists/rust", true),
            ("L*/r%t", "Lists/rust", true),
            ("Lists", "Lists/rust", false),
        ] {
            assert_eq!(
                matches(pattern, name, Some('/')),
                expected,
                "{pattern} {name}"
            );
        }
        assert!(matches("%", "Lists/rust", Some('.')) && matches("%", "a.b", None));
        assert!(!matches(&"*a".repeat(500), &"a".repeat(400), Some('/')));
    }
}
