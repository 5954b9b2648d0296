//! Words of sender and subject: the index of them, the idle pass that fills it, and the same rule by hand for messages
//! that the pass has not reached.
//!
//! A message matches when each word that was asked for is the beginning of one of its words; case and diacritics do
//! not count.

use std::borrow::Cow;

use rusqlite::{Connection, ErrorCode, params};

use crate::channel::error::StoreError;
use crate::store::disk::sql::{Doing, small, unsigned};
use crate::store::lists::id_set::IdSet;

/// Words of a query beyond this many, and characters of a word, are ignored.
const MAX_WORDS: usize = 16;
const MAX_WORD_CHARS: usize = 64;

/// The words of a text, folded: lower case, without diacritics, letters and digits only.
pub(super) fn words(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(|c: char| !(c.is_alphanumeric() || is_mark(c)))
        .map(fold)
        .filter(|word| !word.is_empty())
}

/// The words that a limit asks for.
pub(super) fn query_words(limit: &str) -> Vec<String> {
    words(limit)
        .take(MAX_WORDS)
        .map(|word| word.chars().take(MAX_WORD_CHARS).collect())
        .collect()
}

/// Combining marks belong to the letter before them and are dropped.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}')
}

fn fold(word: &str) -> Cow<'_, str> {
    if word.is_ascii() {
        return if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(word.to_ascii_lowercase())
        } else {
            Cow::Borrowed(word)
        };
    }
    word.chars()
        .filter(|c| !is_mark(*c))
        .flat_map(char::to_lowercase)
        .filter(|c| !is_mark(*c))
        .map(base_letter)
        .collect()
}

/// The letter under the diacritics, for the Latin alphabets of Europe, Vietnamese, and Greek; others stay.
fn base_letter(c: char) -> char {
    const LATIN_1: &str = "àaáaâaãaäaåaçcèeéeêeëeìiíiîiïiñnòoóoôoõoöoùuúuûuüuýyÿy";
    const EXTENDED: &str = "āaăaąaćcĉcċcčcďdēeĕeėeęeěeĝgğgġgģgĥhĩiīiĭiįiĵjķkĺlļlľlńnņnňnōoŏoőoŕrŗrřrśsŝsşsšsţtťtũuūuŭuůuűuųuŵwŷyźzżzžzơoưușsțtǎaǐiǒoǔu";
    const VIETNAMESE: &str = "ạaảaấaầaẩaẫaậaắaằaẳaẵaặaẹeẻeẽeếeềeểeễeệeỉiịiọoỏoốoồoổoỗoộoớoờoởoỡoợoụuủuứuừuửuữuựuỳyỵyỷyỹy";
    const GREEK: &str = "άαέεήηίιόούυώωϊιϋυΐιΰυ";
    let table = match c {
        '\u{e0}'..='\u{ff}' => LATIN_1,
        '\u{100}'..='\u{24f}' => EXTENDED,
        '\u{370}'..='\u{3ff}' => GREEK,
        '\u{1e00}'..='\u{1eff}' => VIETNAMESE,
        _ => return c,
    };
    let mut pairs = table.chars();
    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
        if from == c {
            return to;
        }
    }
    c
}

/// Whether a text has a word for each of the wanted beginnings.
pub(super) fn matches(text: &str, wanted: &[String]) -> bool {
    let mut missing: Vec<&str> = wanted.iter().map(String::as_str).collect();
    words(text).any(|word| {
        missing.retain(|wanted| !word.starts_with(wanted));
        missing.is_empty()
    }) || missing.is_empty()
}

/// Indexes the next messages, up to `limit` messages, inside a transaction of the caller;
/// returns how many messages were done.
pub(in crate::store) fn catch_up(cache: &Connection, limit: u32) -> Result<u32, StoreError> {
    let mut select = cache
        .prepare_cached("SELECT first, n FROM unindexed ORDER BY first LIMIT 64")
        .doing("find messages to index")?;
    let runs: Vec<(i64, u32)> = select
        .query_map([], |row| Ok((row.get(0)?, small(row.get(1)?))))
        .and_then(Iterator::collect)
        .doing("find messages to index")?;
    let mut n_done = 0_u32;
    for (first, n) in runs {
        index(cache, first, n)?;
        cache
            .prepare_cached("DELETE FROM unindexed WHERE first = ?1")
            .and_then(|mut statement| statement.execute([first]))
            .doing("note indexed messages")?;
        n_done = n_done.saturating_add(n);
        if n_done >= limit {
            break;
        }
    }
    Ok(n_done)
}

fn index(cache: &Connection, first: i64, n: u32) -> Result<(), StoreError> {
    let mut select = cache
        .prepare_cached(
            "SELECT id, from_name || ' ' || from_addr || ' ' || subject FROM message WHERE id >= ?1 AND id < ?2",
        )
        .doing("read the words of messages")?;
    let mut insert = cache
        .prepare_cached("INSERT OR REPLACE INTO search (rowid, words) VALUES (?1, ?2)")
        .doing("index a message")?;
    let mut rows = select
        .query(params![first, first.saturating_add(i64::from(n))])
        .doing("read the words of messages")?;
    while let Some(row) = rows.next().doing("read the words of messages")? {
        let id: i64 = row.get(0).doing("read the words of messages")?;
        let text = row
            .get_ref(1)
            .and_then(|text| Ok(text.as_str()?.to_owned()))
            .doing("read the words of messages")?;
        insert.execute(params![id, text]).doing("index a message")?;
    }
    Ok(())
}

/// Every message that has the wanted words, indexed or not.
pub(super) fn find(cache: &Connection, wanted: &[String]) -> Result<IdSet, StoreError> {
    let mut found = IdSet::default();
    let query = wanted
        .iter()
        .map(|word| format!("\"{word}\" *"))
        .collect::<Vec<_>>()
        .join(" ");
    let mut statement = cache
        .prepare_cached("SELECT rowid FROM search WHERE search MATCH ?1")
        .doing("search")?;
    let mut rows = statement.query([query]).doing("search")?;
    loop {
        match rows.next() {
            Ok(Some(row)) => found.insert(unsigned(row.get(0).doing("search")?)),
            Ok(None) => break,
            // The index takes a rare letter for a space where we do not, and so a word for several, which it cannot look
            // up. Reading every message gives the right answer, only later.
            Err(rusqlite::Error::SqliteFailure(failure, _))
                if failure.code == ErrorCode::Unknown =>
            {
                scan(cache, wanted, "header_pack", &mut found)?;
                return Ok(found);
            }
            Err(error) => return Err(error).doing("search"),
        }
    }
    scan(cache, wanted, "unindexed", &mut found)?;
    Ok(found)
}

/// Looks at the messages of a table of runs by hand.
fn scan(
    cache: &Connection,
    wanted: &[String],
    runs: &str,
    found: &mut IdSet,
) -> Result<(), StoreError> {
    let mut statement = cache
        .prepare_cached(&format!(
            "SELECT m.id, m.from_name || ' ' || m.from_addr || ' ' || m.subject FROM {runs} p
             CROSS JOIN message m ON m.id >= p.first AND m.id < p.first + p.n"
        ))
        .doing("search by hand")?;
    let mut rows = statement.query([]).doing("search by hand")?;
    while let Some(row) = rows.next().doing("search by hand")? {
        let text = row
            .get_ref(1)
            .and_then(|text| Ok(text.as_str()?))
            .doing("search by hand")?;
        if matches(text, wanted) {
            found.insert(unsigned(row.get(0).doing("search by hand")?));
        }
    }
    Ok(())
}

/// Bytes before the base subject: reply and forward marks, and list tags in brackets. RFC 5256 §2.1, and the marks of
/// other languages.
pub(in crate::store) fn base_subject_at(subject: &str) -> usize {
    const MARKS: [&str; 9] = ["re", "fwd", "fw", "aw", "wg", "sv", "vs", "antw", "tr"];
    let mut rest = subject;
    loop {
        let text = rest.trim_start();
        let tagged = text.strip_prefix('[').and_then(|tag| tag.split_once(']'));
        let next = match tagged {
            Some((tag, after)) if !tag.contains('[') && !after.trim().is_empty() => after,
            _ => match text.split_once(':') {
                Some((mark, after))
                    if MARKS
                        .iter()
                        .any(|known| known.eq_ignore_ascii_case(mark.trim_end())) =>
                {
                    after
                }
                _ => return subject.len().saturating_sub(text.len()),
            },
        };
        rest = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_without_case_and_diacritics() {
        for (text, wanted, expected) in [
            ("Ångström Grüße <anna@example.org>", "angs gru", true),
            ("Ångström", "ngs", false),
            ("cafe\u{301} crème", "CAFÉ CREME", true),
            ("Re: [list] Überraschung", "uberr", true),
            ("anna.abel@example.org", "abel org", true),
            ("Привет МИР", "мир", true),
            ("日本語 subject", "日本", true),
            ("anything", "--- ", true),
        ] {
            assert_eq!(matches(text, &query_words(wanted)), expected, "{text}");
        }
    }

    #[test]
    fn base_subjects_begin_behind_marks_and_tags() {
        for (subject, base) in [
            ("Re: lunch", "lunch"),
            ("RE:Fwd: [rust] Aw: lunch", "lunch"),
            ("lunch: today", "lunch: today"),
            ("[only tag]", "[only tag]"),
            ("Re: ", ""),
            ("", ""),
            ("re", "re"),
        ] {
            assert_eq!(&subject[base_subject_at(subject)..], base, "{subject}");
        }
    }
}
