//! Message-ID, References, In-Reply-To and List-Id: for threads and lists, never an identity. RFC 5322 §3.6.4.

use std::collections::HashSet;

use crate::mime::caps;
use crate::mime::fields::{Field, Fields, find};
use crate::mime::words;

/// The first message id of a field, without its brackets.
#[must_use]
pub fn message_id(value: &[u8]) -> Option<String> {
    let bracketed = ids(value).next();
    let id = bracketed.or_else(|| value.trim_ascii().split(u8::is_ascii_whitespace).next())?;
    id_text(id)
}

/// Whether a header block has exactly this Message-ID (without brackets), with `or_resent` also as one of those under which
/// it was bounced.
#[must_use]
pub fn is_named(block: &[u8], id: &str, or_resent: bool) -> bool {
    let is_one =
        |field: &Field<'_>| field.is("Message-ID") || (or_resent && field.is("Resent-Message-ID"));
    Fields::new(block)
        .filter(is_one)
        .any(|field| message_id(field.value).as_deref() == Some(id))
}

fn id_text(id: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(id.get(..id.len().min(caps::ID_BYTES))?).into_owned();
    (!text.is_empty()).then_some(text)
}

/// What stands in angle brackets, one after another; an id holds no blanks.
fn ids(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = value;
    std::iter::from_fn(move || {
        loop {
            let open = find(rest, b'<')?;
            rest = rest.get(open + 1..)?;
            let end = rest.iter().position(|byte| matches!(byte, b'>' | b'<'))?;
            let id = rest.get(..end)?;
            if rest.get(end) == Some(&b'>') {
                rest = rest.get(end + 1..)?;
                let id = id.trim_ascii();
                if !id.is_empty() && !id.iter().any(u8::is_ascii_whitespace) {
                    return Some(id);
                }
            } else {
                rest = rest.get(end..)?;
            }
        }
    })
}

/// Ids that are compared one with another instead of hashed.
const FEW: usize = 16;

/// References, then what In-Reply-To adds: each once, oldest first. Over the cap the root and the newest stay.
#[must_use]
pub fn references(references: &[u8], in_reply_to: &[u8]) -> Vec<String> {
    if references.is_empty() && in_reply_to.is_empty() {
        return Vec::new();
    }
    let mut all: Vec<&[u8]> = ids(references).chain(ids(in_reply_to)).collect();
    if all.len() <= FEW {
        let mut n = 0;
        while let Some(id) = all.get(n).copied() {
            // The first of a kind stays.
            if all.iter().position(|other| *other == id) == Some(n) {
                n += 1;
            } else {
                all.remove(n);
            }
        }
    } else {
        let mut seen = HashSet::new();
        all.retain(|id| seen.insert(*id));
    }
    if all.iter().map(|id| id.len()).sum::<usize>() > caps::REFERENCE_BYTES {
        let oldest = all.first().copied().unwrap_or_default();
        let mut room = caps::REFERENCE_BYTES.saturating_sub(oldest.len());
        let n_newest = all
            .iter()
            .rev()
            .take_while(|id| {
                let fits = id.len() <= room;
                room = room.saturating_sub(id.len());
                fits
            })
            .count();
        let n_gone = all.len().saturating_sub(n_newest);
        if n_gone > 1 {
            all.drain(1..n_gone);
        }
    }
    all.into_iter().filter_map(id_text).collect()
}

/// The identifier of a list. RFC 2919 §2.
#[must_use]
pub fn list_id(value: &[u8]) -> String {
    let id = ids(value).last().unwrap_or_else(|| value.trim_ascii());
    words::unfold(&String::from_utf8_lossy(
        id.get(..id.len().min(caps::ID_BYTES)).unwrap_or_default(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_compared_as_a_whole() {
        let block = b"Subject: <a@b>\r\nMessage-ID:\r\n <a@b> (a comment)\r\nResent-Message-ID: <c@d>\r\n\r\n";
        assert!(is_named(block, "a@b", false));
        assert!(is_named(block, "c@d", true) && !is_named(block, "c@d", false));
        for other in ["A@b", "a@", "@b", "1a@b", ""] {
            assert!(!is_named(block, other, true), "{other}");
        }
        assert!(is_named(b"message-id: bare@b\r\n", "bare@b", false));
    }
}
