//! Parameters of a body structure: file names in RFC 2231 pieces, RFC 2047 words and raw bytes.

use base64::Engine as _;

/// Name and value pairs, names in lower case.
type Parameters = [(String, Vec<u8>)];

/// A parameter as it stands; empty when missing.
#[must_use]
pub fn plain(parameters: &Parameters, name: &str) -> String {
    find(parameters, name).map_or_else(String::new, |value| {
        String::from_utf8_lossy(value).trim().to_owned()
    })
}

/// A parameter decoded; `None` when missing or empty.
#[must_use]
pub fn decode(parameters: &Parameters, name: &str) -> Option<String> {
    let text = if let Some(value) = find(parameters, &format!("{name}*")) {
        extended(value)
    } else if let Some(value) = find(parameters, name) {
        words(&text(value))
    } else {
        pieces(parameters, name)?
    };
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

fn find<'a>(parameters: &'a Parameters, name: &str) -> Option<&'a [u8]> {
    parameters
        .iter()
        .find(|(known, _)| known == name)
        .map(|(_, value)| value.as_slice())
}

/// Bytes that should be UTF-8 and else are taken as Latin-1.
fn text(bytes: &[u8]) -> String {
    std::str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().copied().map(char::from).collect(),
        str::to_owned,
    )
}

fn in_charset(charset: &str, bytes: &[u8]) -> String {
    if charset.eq_ignore_ascii_case("utf-8") {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    // Latin-1 and US-ASCII by `text`; file names in other charsets are decoded from the bytes of the part itself.
    text(bytes)
}

/// `charset'language'percent-encoded`. RFC 2231 §4.
fn extended(value: &[u8]) -> String {
    let mut fields = value.splitn(3, |byte| *byte == b'\'');
    match (fields.next(), fields.next(), fields.next()) {
        (Some(charset), Some(_), Some(encoded)) => {
            in_charset(&String::from_utf8_lossy(charset), &percent(encoded))
        }
        _ => text(&percent(value)),
    }
}

fn percent(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((first, after)) = rest.split_first() {
        let hex = (*first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(hex.unwrap_or(*first));
        rest = if hex.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    out
}

/// `name*0*=`, `name*1=`, ... put together. RFC 2231 §3.
fn pieces(parameters: &Parameters, name: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut charset = String::new();
    for n in 0..64 {
        if let Some(value) = find(parameters, &format!("{name}*{n}")) {
            bytes.extend_from_slice(value);
        } else if let Some(value) = find(parameters, &format!("{name}*{n}*")) {
            let mut encoded = value;
            if n == 0 {
                let mut fields = value.splitn(3, |byte| *byte == b'\'');
                if let (Some(set), Some(_), Some(rest)) =
                    (fields.next(), fields.next(), fields.next())
                {
                    charset = String::from_utf8_lossy(set).into_owned();
                    encoded = rest;
                }
            }
            bytes.extend(percent(encoded));
        } else {
            break;
        }
    }
    (!bytes.is_empty()).then(|| in_charset(&charset, &bytes))
}

/// RFC 2047 words, which do not belong in parameters and stand there all the same. Others stay as they are.
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    let mut was_word = false;
    while let Some((before, after)) = rest.split_once("=?") {
        let Some((decoded, behind)) = word(after) else {
            out.push_str(before);
            out.push_str("=?");
            rest = after;
            was_word = false;
            continue;
        };
        // Space between two encoded words is not part of the text.
        if !(was_word && before.trim().is_empty()) {
            out.push_str(before);
        }
        out.push_str(&decoded);
        rest = behind;
        was_word = true;
    }
    out.push_str(rest);
    out
}

fn word(text: &str) -> Option<(String, &str)> {
    let (charset, rest) = text.split_once('?')?;
    let (encoding, rest) = rest.split_once('?')?;
    let (encoded, behind) = rest.split_once("?=")?;
    let bytes = match encoding {
        "B" | "b" => base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .ok()?,
        "Q" | "q" => percent(encoded.replace('_', " ").replace('=', "%").as_bytes()),
        _ => return None,
    };
    let is_known = ["utf-8", "us-ascii", "iso-8859-1"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(charset));
    is_known.then(|| (in_charset(charset, &bytes), behind))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_decoded_from_every_form() {
        for (parameters, expected) in [
            (&[("filename", "a.txt")][..], Some("a.txt")),
            (
                &[("filename*", "utf-8'en'na%C3%AFve.txt")],
                Some("naïve.txt"),
            ),
            (&[("filename*", "iso-8859-1''%E9.txt")], Some("é.txt")),
            (
                &[("filename*1*", "%C3%AF.txt"), ("filename*0*", "utf-8''na")],
                Some("naï.txt"),
            ),
            (&[("filename*0", "a"), ("filename*1", "b")], Some("ab")),
            (
                &[("filename", "=?utf-8?B?w6k=?= =?UTF-8?q?=2Etxt?=")],
                Some("é.txt"),
            ),
            (&[("filename", "=?x?y")], Some("=?x?y")),
            (&[("filename", "100%.txt")], Some("100%.txt")),
            (&[("filename*", "50%")], Some("50%")),
            (&[("filename", " ")], None),
            (&[], None),
        ] {
            let parameters: Vec<_> = parameters
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec()))
                .collect();
            assert_eq!(decode(&parameters, "filename").as_deref(), expected);
        }
        let raw = [("filename".to_owned(), b"\xe9.txt".to_vec())];
        assert_eq!(decode(&raw, "filename").as_deref(), Some("é.txt"));
    }
}
