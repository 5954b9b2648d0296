//! Text as SEARCH compares it: lower case, encoded words and transfer encodings undone where that is easy.

use base64::Engine;

use crate::demo::header_field;
use crate::demo::part_tree::{self, Inside, Part};

/// Lower-case field names and lower-case decoded values.
pub fn fields(header: &[u8]) -> Vec<(String, String)> {
    header_field::fields(header)
        .into_iter()
        .map(|field| {
            let value = String::from_utf8_lossy(&field.value).into_owned();
            (field.name.to_lowercase(), words(&value).to_lowercase())
        })
        .collect()
}

/// The text parts of a message, decoded, lower case.
pub fn body(header: &[u8], body: &[u8]) -> String {
    let whole = [header, body].concat();
    let mut text = String::new();
    collect(&whole, &part_tree::parse(&whole), &mut text);
    text.to_lowercase()
}

fn collect(whole: &[u8], part: &Part, text: &mut String) {
    match &part.inside {
        Inside::Multipart(parts) => {
            for part in parts {
                collect(whole, part, text);
            }
        }
        Inside::Message(message) => collect(whole, message, text),
        Inside::Leaf if part.content_type.value.starts_with("text/") => {
            let header = whole.get(part.header.clone()).unwrap_or_default();
            let bytes = whole.get(part.body.clone()).unwrap_or_default();
            let fields = header_field::fields(header);
            let encoding = header_field::value(&fields, "Content-Transfer-Encoding")
                .map(|value| value.to_ascii_lowercase())
                .unwrap_or_default();
            let decoded = match encoding.as_slice() {
                b"base64" => base64_bytes(bytes),
                b"quoted-printable" => quoted_printable(bytes),
                _ => bytes.to_vec(),
            };
            text.push_str(&String::from_utf8_lossy(&decoded));
            text.push('\n');
        }
        Inside::Leaf => {}
    }
}

fn base64_bytes(bytes: &[u8]) -> Vec<u8> {
    let compact: Vec<u8> = bytes
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    base64::engine::general_purpose::STANDARD
        .decode(compact)
        .unwrap_or_default()
}

fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut result = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        if byte != b'=' {
            result.push(byte);
            continue;
        }
        match (rest.next(), rest.next()) {
            (Some(b'\n' | b'\r'), Some(_)) => {}
            (Some(high), Some(low)) => {
                let pair = [high, low];
                let value = std::str::from_utf8(&pair)
                    .ok()
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok());
                result.extend(value);
            }
            _ => {}
        }
    }
    result
}

/// Undoes encoded words in UTF-8. RFC 2047.
fn words(text: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    let mut after_word = false;
    while let Some((before, word)) = rest.split_once("=?") {
        let mut pieces = word.splitn(4, '?');
        let (Some(_), Some(encoding), Some(data), Some(after)) =
            (pieces.next(), pieces.next(), pieces.next(), pieces.next())
        else {
            break;
        };
        let Some(after) = after.strip_prefix('=') else {
            break;
        };
        // White space between two encoded words is not part of the text.
        if !after_word || !before.trim().is_empty() {
            result.push_str(before);
        }
        let decoded = if encoding.eq_ignore_ascii_case("b") {
            base64_bytes(data.as_bytes())
        } else {
            quoted_printable(data.replace('_', " ").as_bytes())
        };
        result.push_str(&String::from_utf8_lossy(&decoded));
        rest = after;
        after_word = true;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_text_is_found() {
        let header = b"Subject: =?utf-8?q?Gr=C3=BC?= =?utf-8?b?w59l?= aus Kiel\r\n\
            Content-Transfer-Encoding: quoted-printable\r\n\r\n";
        assert_eq!(fields(header)[0].1, "grüße aus kiel");
        assert_eq!(body(header, b"M=C3=B6we am =\r\nHafen"), "möwe am hafen\n");
    }
}
