//! The header of one part: its type, its parameters, its name. RFC 2045 §5, RFC 2183, RFC 2231.

use std::collections::BTreeMap;

use mailparse::DispositionType;

use crate::mime::caps;
use crate::mime::charset;
use crate::mime::defect::{Defect, Defects};
use crate::mime::fields::Field;
use crate::mime::message::TextLines;
use crate::mime::words;

/// What the header of a part says of its body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entity {
    /// Lower-case media type.
    pub content_type: String,
    /// Lower case; empty when missing.
    pub charset: String,
    /// Lower case; `7bit` when missing.
    pub encoding: String,
    /// `None` when missing or empty.
    pub boundary: Option<String>,
    /// Decoded; empty when missing.
    pub name: String,
    /// `Content-Disposition: attachment`, or any other value but `inline`.
    pub wants_to_be_saved: bool,
    /// `Content-Disposition: inline`.
    pub is_inline: bool,
    /// Without brackets; empty when missing.
    pub content_id: String,
    /// `format=flowed` and `delsp` of a text/plain.
    pub lines: TextLines,
}

/// The raw fields of a part header that matter here.
#[derive(Default)]
pub struct EntityFields<'a> {
    content_type: Option<&'a [u8]>,
    disposition: Option<&'a [u8]>,
    encoding: Option<&'a [u8]>,
    id: Option<&'a [u8]>,
}

impl<'a> EntityFields<'a> {
    /// Looks at one field; the first of a name counts.
    pub fn take(&mut self, field: Field<'a>) {
        let slot = match field.name.len() {
            10 if field.is("content-id") => &mut self.id,
            12 if field.is("content-type") => &mut self.content_type,
            19 if field.is("content-disposition") => &mut self.disposition,
            25 if field.is("content-transfer-encoding") => &mut self.encoding,
            _ => return,
        };
        slot.get_or_insert(field.value);
    }

    /// Reads them. `in_digest`: inside of multipart/digest the type is message/rfc822 where none is given.
    pub fn read(&self, in_digest: bool, defects: &mut Defects) -> Entity {
        let typed = self.content_type.map(|raw| parameters(raw, defects));
        let typed = typed.as_deref().map(mailparse::parse_content_type);
        let disposed = self.disposition.map(|raw| parameters(raw, defects));
        let disposed = disposed
            .as_deref()
            .map(mailparse::parse_content_disposition);
        let no_parameters = BTreeMap::new();
        let type_parameters = typed.as_ref().map_or(&no_parameters, |typed| &typed.params);
        let disposition_parameters = disposed
            .as_ref()
            .map_or(&no_parameters, |disposed| &disposed.params);
        let content_type = typed.as_ref().map_or_else(
            || {
                if in_digest {
                    "message/rfc822"
                } else {
                    "text/plain"
                }
                .to_owned()
            },
            |typed| media_type(&typed.mimetype),
        );
        let boundary = type_parameters
            .get("boundary")
            .cloned()
            .or_else(|| self.content_type.and_then(stray_boundary))
            .map(|boundary| boundary.trim_end().to_owned())
            .filter(|boundary| !boundary.is_empty() && boundary.len() < 1_000);
        let name = disposition_parameters
            .get("filename")
            .or_else(|| disposition_parameters.get("name"))
            .or_else(|| type_parameters.get("name"))
            .or_else(|| type_parameters.get("filename"));
        Entity {
            charset: type_parameters
                .get("charset")
                .map(|label| token(label))
                .unwrap_or_default(),
            encoding: self
                .encoding
                .map_or_else(|| "7bit".to_owned(), |raw| encoding_name(raw, defects)),
            boundary,
            name: name
                .map(|name| words::text(name.as_bytes(), ""))
                .unwrap_or_default(),
            wants_to_be_saved: disposed
                .as_ref()
                .is_some_and(|disposed| disposed.disposition != DispositionType::Inline),
            is_inline: disposed
                .as_ref()
                .is_some_and(|disposed| disposed.disposition == DispositionType::Inline),
            content_id: self.id.map(content_id).unwrap_or_default(),
            lines: text_lines(&content_type, type_parameters),
            content_type,
        }
    }
}

/// How the lines of a text/plain are meant. RFC 3676 §4.
fn text_lines(content_type: &str, parameters: &BTreeMap<String, String>) -> TextLines {
    let is = |name: &str, value: &str| {
        parameters
            .get(name)
            .is_some_and(|found| found.trim().eq_ignore_ascii_case(value))
    };
    if content_type == "text/plain" && is("format", "flowed") {
        TextLines::Flowed {
            del_sp: is("delsp", "yes"),
        }
    } else {
        TextLines::Fixed
    }
}

/// The value as text, unfolded and cut at the caps: mailparse would read a million parameters.
fn parameters(raw: &[u8], defects: &mut Defects) -> String {
    let kept = raw
        .get(..raw.len().min(caps::PARAMETER_BYTES))
        .unwrap_or_default();
    let mut text = words::unfold(&charset::guess(kept, ""));
    let (mut in_quotes, mut escaped, mut n_parameters) = (false, false, 0_usize);
    let mut cut = None;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_quotes => escaped = true,
            b'"' => in_quotes = !in_quotes,
            b';' if !in_quotes => {
                n_parameters += 1;
                if n_parameters > caps::PARAMETERS {
                    cut = Some(at);
                    break;
                }
            }
            _ => {}
        }
    }
    defects.add_if(
        cut.is_some() || kept.len() < raw.len(),
        Defect::TooManyParameters,
    );
    if let Some(cut) = cut {
        text.truncate(cut);
    }
    text
}

/// A lower-case word: up to the first blank or comment, without quotes.
fn token(raw: &str) -> String {
    let word = raw
        .trim()
        .trim_matches('"')
        .split([' ', '\t', '(', ';'])
        .next()
        .unwrap_or_default();
    word.to_ascii_lowercase()
}

fn media_type(raw: &str) -> String {
    match token(raw) {
        text if text == "text" || text.is_empty() => "text/plain".to_owned(),
        html if html == "html" => "text/html".to_owned(),
        media => media,
    }
}

/// The boundary of a Content-Type that lacks its semicolon: `multipart/mixed boundary="x"`.
fn stray_boundary(raw: &[u8]) -> Option<String> {
    let raw = raw.get(..raw.len().min(2_000))?;
    let text = String::from_utf8_lossy(raw);
    if !text
        .trim_start()
        .get(..9)?
        .eq_ignore_ascii_case("multipart")
    {
        return None;
    }
    let at = text.to_ascii_lowercase().find("boundary=")?;
    let after = text.get(at + 9..)?;
    let value = match after.strip_prefix('"') {
        Some(quoted) => quoted.split('"').next()?,
        None => after.split([' ', '\t', ';', '\r', '\n']).next()?,
    };
    Some(value.to_owned())
}

fn encoding_name(raw: &[u8], defects: &mut Defects) -> String {
    let name = token(&words::unfold(&String::from_utf8_lossy(
        raw.get(..raw.len().min(200)).unwrap_or_default(),
    )));
    match name.as_str() {
        "7bit" | "8bit" | "binary" | "base64" | "quoted-printable" | "x-uuencode" | "uuencode"
        | "x-uue" => {}
        "" | "7-bit" | "8-bit" | "7bits" | "8bits" | "none" | "us-ascii" | "utf-8" => {
            return "8bit".to_owned();
        }
        "quotedprintable" | "qp" => return "quoted-printable".to_owned(),
        _ => defects.add(Defect::UnknownEncoding),
    }
    name
}

fn content_id(raw: &[u8]) -> String {
    let text = words::unfold(&String::from_utf8_lossy(
        raw.get(..raw.len().min(caps::ID_BYTES)).unwrap_or_default(),
    ));
    text.trim_start_matches('<')
        .trim_end_matches('>')
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mime::fields::Fields;

    fn read(header: &str) -> (Entity, Vec<Defect>) {
        let mut fields = EntityFields::default();
        Fields::new(header.as_bytes()).for_each(|field| fields.take(field));
        let mut defects = Defects::default();
        let entity = fields.read(false, &mut defects);
        (entity, defects.into_list())
    }

    #[test]
    fn names_are_decoded_whatever_their_form() {
        let cases = [
            ("Content-Disposition: attachment; filename=a.txt", "a.txt"),
            (
                "Content-Disposition: attachment; filename=\"a b.txt\"",
                "a b.txt",
            ),
            (
                "Content-Disposition: attachment; filename*=utf-8''gr%C3%BC%C3%9Fe.txt",
                "grüße.txt",
            ),
            (
                "Content-Disposition: attachment; filename*0=\"long\"; filename*1=\"name.txt\"",
                "longname.txt",
            ),
            (
                "Content-Disposition: attachment; filename*0*=utf-8''%C3; filename*1*=%BC.txt",
                "ü.txt",
            ),
            (
                "Content-Disposition: attachment; filename=\"=?utf-8?Q?gr=C3=BC=C3=9Fe=2Etxt?=\"",
                "grüße.txt",
            ),
            (
                "Content-Type: application/pdf; name=\"=?iso-8859-1?Q?gr=FC=DFe?=\r\n =?iso-8859-1?Q?.pdf?=\"",
                "grüße.pdf",
            ),
            (
                "Content-Type: application/pdf;\r\n\tname=\"x.pdf\"",
                "x.pdf",
            ),
            ("Content-Type: application/pdf", ""),
        ];
        for (header, name) in cases {
            assert_eq!(read(header).0.name, name, "{header}");
        }
    }

    #[test]
    fn odd_types_are_understood() {
        let cases = [
            (
                "Content-Type: TEXT/HTML; charset=\"UTF-8\"",
                "text/html",
                "utf-8",
            ),
            ("Content-Type: text", "text/plain", ""),
            (
                "Content-Type: text/plain (a comment); charset=us-ascii (plain)",
                "text/plain",
                "us-ascii",
            ),
            ("Content-Type:", "text/plain", ""),
            ("Subject: none", "text/plain", ""),
        ];
        for (header, content_type, charset) in cases {
            let (entity, _) = read(header);
            assert_eq!(
                (entity.content_type.as_str(), entity.charset.as_str()),
                (content_type, charset),
                "{header}"
            );
        }
        assert_eq!(
            read("Content-Type: multipart/mixed boundary=\"x y\"")
                .0
                .boundary
                .unwrap(),
            "x y"
        );
        assert_eq!(
            read("Content-Transfer-Encoding: BASE64 (really)")
                .0
                .encoding,
            "base64"
        );
        assert_eq!(
            read("Content-Transfer-Encoding: x-rot13").1,
            [Defect::UnknownEncoding]
        );
    }

    #[test]
    fn a_flood_of_parameters_is_cut() {
        let (entity, defects) = read(&format!("Content-Type: text/html{}", ";".repeat(1_000_000)));
        assert_eq!(entity.content_type, "text/html");
        assert_eq!(defects, [Defect::TooManyParameters]);
        let many = (0..500)
            .map(|n| format!("; filename*{n}*=utf-8''x"))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(
            read(&format!("Content-Disposition: attachment{many}")).1,
            [Defect::TooManyParameters]
        );
    }
}
