//! SEARCH and UID SEARCH, with ESEARCH and SEARCHRES. RFC 3501 §6.4.4, RFC 4731, RFC 5182, RFC 5032.

use std::fmt::Write as _;
use std::io;

use crate::demo::dialect::oddity::Oddity;
use crate::demo::mailbox::Message;
use crate::demo::sequence_set;
use crate::demo::session::search_key::{self, Key, Scope};
use crate::demo::session::{Reply, Session};
use crate::demo::token::Token;

/// Messages looked at under one hold of the lock.
const CHUNK: usize = 512;

fn is_keyword(token: &Token) -> bool {
    matches!(token.upper().as_str(), "KEYWORD" | "UNKEYWORD")
}

impl Session {
    /// Searches the selected mailbox.
    pub(super) fn search(
        &mut self,
        by_uid: bool,
        tag: &str,
        arguments: &[Token],
    ) -> io::Result<Reply> {
        let mut rest = arguments;
        let mut returns: Option<Vec<String>> = None;
        if let [keyword, options, after @ ..] = rest
            && keyword.upper() == "RETURN"
        {
            if !self.dialect.has("ESEARCH") {
                return Ok(Reply::bad("ESEARCH is not offered"));
            }
            let mut options: Vec<String> = options.members().iter().map(Token::upper).collect();
            if options.is_empty() {
                options.push("ALL".to_owned());
            }
            returns = Some(options);
            rest = after;
        }
        if let [keyword, charset, after @ ..] = rest
            && keyword.upper() == "CHARSET"
        {
            if !matches!(charset.upper().as_str(), "UTF-8" | "US-ASCII") {
                return Ok(Reply::no("[BADCHARSET (UTF-8 US-ASCII)] Unknown charset"));
            }
            rest = after;
        }
        if self.dialect.is_odd(Oddity::NoKeywordSearch) && rest.iter().any(is_keyword) {
            return Ok(Reply::bad("Command Argument Error. 11"));
        }
        let Some(key) = self.key(rest) else {
            return Ok(Reply::bad("Search not understood"));
        };
        if key.uses_mod_seq() {
            self.condstore = true;
        }
        let lowest = self.searched_from(&key);
        let (hits, mod_seq) = self.hits(&key, lowest);
        if returns
            .as_ref()
            .is_some_and(|options| options.iter().any(|option| option == "SAVE"))
        {
            self.saved = hits.iter().map(|hit| hit.1).collect();
        }
        let numbers: Vec<u32> = hits
            .iter()
            .map(|hit| if by_uid { hit.1 } else { hit.0 })
            .collect();
        let told = key.uses_mod_seq().then_some(mod_seq);
        match returns {
            None => self.plain_result(&numbers, told)?,
            Some(options) => self.extended_result(by_uid, tag, &options, &numbers, told)?,
        }
        Ok(Reply::ok("Done"))
    }

    /// Reads the keys of a search.
    fn key(&self, tokens: &[Token]) -> Option<Key> {
        let scope = Scope {
            resolve: &|set, by_uid| {
                let targets = self.targets(set, by_uid)?;
                Some(targets.into_iter().map(|(_, uid)| uid).collect())
            },
            now: self.dialect.has("WITHIN").then(|| self.shared.now()),
        };
        search_key::parse(tokens, &scope)
    }

    /// Sequence numbers and UIDs of what fits from a UID on, and their highest mod-sequence.
    fn hits(&self, key: &Key, lowest: u32) -> (Vec<(u32, u32)>, u64) {
        let mut hits = Vec::new();
        let mut highest = 0;
        let Some(selected) = &self.selected else {
            return (hits, highest);
        };
        for (at, chunk) in selected.uids.chunks(CHUNK).enumerate() {
            let messages: Vec<_> = {
                let state = self.shared.state();
                let Some(mailbox) = state.get(&selected.name) else {
                    break;
                };
                chunk.iter().map(|uid| mailbox.get(*uid).cloned()).collect()
            };
            for (index, message) in messages.into_iter().enumerate() {
                let fits = |message: &Message| message.uid >= lowest && key.fits(message);
                if let Some(message) = message.filter(fits) {
                    let number = u32::try_from(at * CHUNK + index + 1).unwrap_or(u32::MAX);
                    highest = highest.max(message.mod_seq);
                    hits.push((number, message.uid));
                }
            }
        }
        (hits, highest)
    }

    fn plain_result(&mut self, numbers: &[u32], mod_seq: Option<u64>) -> io::Result<()> {
        self.output.put(b"* SEARCH")?;
        for number in numbers {
            self.output.put(format!(" {number}").as_bytes())?;
        }
        if let Some(mod_seq) = mod_seq.filter(|_| !numbers.is_empty()) {
            self.output.put(format!(" (MODSEQ {mod_seq})").as_bytes())?;
        }
        self.output.put(b"\r\n")
    }

    fn extended_result(
        &mut self,
        by_uid: bool,
        tag: &str,
        options: &[String],
        numbers: &[u32],
        mod_seq: Option<u64>,
    ) -> io::Result<()> {
        if options.iter().all(|option| option == "SAVE") {
            return Ok(());
        }
        let mut line = format!("* ESEARCH (TAG \"{tag}\")");
        if by_uid {
            line.push_str(" UID");
        }
        let mut item = |name: &str, value: Option<String>| {
            if options.iter().any(|option| option == name)
                && let Some(value) = value.filter(|value| !value.is_empty())
            {
                let _ = write!(line, " {name} {value}");
            }
        };
        item("MIN", numbers.iter().min().map(ToString::to_string));
        item("MAX", numbers.iter().max().map(ToString::to_string));
        item("COUNT", Some(numbers.len().to_string()));
        item("ALL", Some(sequence_set::write(numbers.iter().copied())));
        if let Some(mod_seq) = mod_seq.filter(|_| !numbers.is_empty()) {
            let _ = write!(line, " MODSEQ {mod_seq}");
        }
        self.output.line(&line)
    }
}
