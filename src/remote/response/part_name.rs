//! Parameters of a body structure: file names in RFC 2231 pieces, RFC 2047 words and raw bytes, in any charset.

use crate::mime::charset::{decode as in_charset, guess};
use crate::mime::words;

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
        // Encoded words do not belong in parameters and stand there all the same.
        words::text(value, "")
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

/// `charset'language'percent-encoded`. RFC 2231 §4.
fn extended(value: &[u8]) -> String {
    let mut fields = value.splitn(3, |byte| *byte == b'\'');
    match (fields.next(), fields.next(), fields.next()) {
        (Some(label), Some(_), Some(encoded)) => {
            in_charset(&percent(encoded), &String::from_utf8_lossy(label)).into_owned()
        }
        _ => guess(&percent(value), "").into_owned(),
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
    let mut label = String::new();
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
                    label = String::from_utf8_lossy(set).into_owned();
                    encoded = rest;
                }
            }
            bytes.extend(percent(encoded));
        } else {
            break;
        }
    }
    (!bytes.is_empty()).then(|| in_charset(&bytes, &label).into_owned())
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
            (
                &[("filename", "=?iso-2022-jp?B?GyRCJUYlOSVIGyhCLnR4dA==?=")],
                Some("テスト.txt"),
            ),
            (
                &[("filename", "=?koi8-r?Q?=D4=C5=D3=D4?= =?koi8-r?Q?=2Edoc?=")],
                Some("тест.doc"),
            ),
            (&[("filename*", "koi8-r''%D4%C5%D3%D4")], Some("тест")),
            (
                &[
                    ("filename*0*", "shift_jis''%83e%83"),
                    ("filename*1*", "X%83g"),
                ],
                Some("テスト"),
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
