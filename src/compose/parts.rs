//! The body of a mail: its text and what is attached, each in an encoding that survives every server. RFC 2045, RFC 2046.

use std::borrow::Cow;

use lettre::message::header::{ContentDisposition, ContentTransferEncoding, ContentType};
use lettre::message::{Body, MultiPart, SinglePart};

use crate::compose::address::clean_name;
use crate::compose::flowed;
use crate::compose::raw;
use crate::mail::composition::Attachment;

/// Longest file name in bytes; nobody's file system takes more.
const NAME_BYTES: usize = 255;

/// An attachment and its bytes as they leave.
pub type Enclosure<'a> = (&'a Attachment, Cow<'a, [u8]>);

/// The fields and the content behind the header of a mail: from `Content-Type` on.
pub fn body(text: &str, attachments: &[Enclosure<'_>], random: u128) -> Vec<u8> {
    let text = text_part(text);
    if attachments.is_empty() {
        let mut formatted = text.formatted();
        // lettre ends a part with a line break of its own, which belongs to a boundary.
        if formatted.ends_with(b"\r\n\r\n") {
            formatted.truncate(formatted.len() - 2);
        }
        return formatted;
    }
    let parts: Vec<SinglePart> = attachments
        .iter()
        .map(|(attachment, bytes)| attached(attachment, bytes))
        .collect();
    let is_8bit = parts.iter().any(|part| !part.raw_body().is_ascii());
    let boundary = boundary(random, &text, &parts);
    let mut mixed = MultiPart::mixed().boundary(boundary);
    if is_8bit {
        // What holds 8-bit parts says so itself. RFC 2045 §6.4.
        mixed = mixed.header(ContentTransferEncoding::EightBit);
    }
    let mixed = parts
        .into_iter()
        .fold(mixed.singlepart(text), MultiPart::singlepart);
    mixed.formatted()
}

/// A boundary that no part holds: a forwarded mail of ours could have been made with the same one.
fn boundary(random: u128, text: &SinglePart, parts: &[SinglePart]) -> String {
    let mut n = 0_u32;
    loop {
        let boundary = format!("=_{random:032x}_{n}");
        let holds = |part: &SinglePart| {
            let bytes = part.raw_body();
            bytes.len() >= boundary.len()
                && bytes
                    .windows(boundary.len())
                    .any(|window| window == boundary.as_bytes())
        };
        if !holds(text) && !parts.iter().any(holds) {
            return boundary;
        }
        n += 1;
    }
}

/// The text: flowed where it comes back as it was, else as it stands.
fn text_part(text: &str) -> SinglePart {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let (text, is_flowed) = match flowed::encode(&text) {
        Some(flowed) => (flowed, true),
        None => (text, false),
    };
    let content_type = if is_flowed {
        "text/plain; charset=utf-8; format=flowed"
    } else {
        "text/plain; charset=utf-8"
    };
    // Some servers cut blanks off the ends of lines; a flowed text only flows less then, a fixed one is another text.
    let ends_blank = |line: &str| line.ends_with([' ', '\t']);
    let is_odd = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    let must_hide = text.chars().any(is_odd) || !is_flowed && text.lines().any(ends_blank);
    let body = if must_hide && text.is_ascii() {
        let encoding = ContentTransferEncoding::QuotedPrintable;
        Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new)
    } else {
        Body::new(text)
    };
    SinglePart::builder()
        .content_type(ContentType::parse(content_type).unwrap_or(ContentType::TEXT_PLAIN))
        .body(body)
}

/// One attachment: a message as it is where it can be, anything else in base64.
fn attached(attachment: &Attachment, bytes: &[u8]) -> SinglePart {
    let name = file_name(&attachment.name);
    if attachment.media_type == "message/rfc822" {
        return match enclosed(bytes) {
            Some((bytes, encoding)) => SinglePart::builder()
                .content_type(media_type("message/rfc822"))
                .header(ContentDisposition::attachment(&name))
                .body(Body::dangerous_pre_encoded(bytes, encoding)),
            None => in_base64("application/octet-stream", &name, bytes),
        };
    }
    let is_text = attachment.media_type.starts_with("text/");
    let says_charset = attachment.media_type.contains("charset=");
    if is_text && !says_charset && !bytes.is_ascii() && std::str::from_utf8(bytes).is_ok() {
        let typed = format!("{}; charset=utf-8", attachment.media_type);
        return in_base64(&typed, &name, bytes);
    }
    in_base64(&attachment.media_type, &name, bytes)
}

fn in_base64(typed: &str, name: &str, bytes: &[u8]) -> SinglePart {
    let encoding = ContentTransferEncoding::Base64;
    let body = Body::new_with_encoding(bytes.to_vec(), encoding).unwrap_or_else(Body::new);
    SinglePart::builder()
        .content_type(media_type(typed))
        .header(ContentDisposition::attachment(name))
        .body(body)
}

/// A message as message/rfc822, which must not be encoded (RFC 2046 §5.2.1): only its line ends become CR LF.
///
/// `None` where even 8bit cannot carry it (NUL, bare CR, endless lines): then it goes as a file.
fn enclosed(bytes: &[u8]) -> Option<(Vec<u8>, ContentTransferEncoding)> {
    let canonical = raw::with_crlf(bytes);
    if raw::first_defect(&canonical).is_some() {
        return None;
    }
    let encoding = if canonical.is_ascii() {
        ContentTransferEncoding::SevenBit
    } else {
        ContentTransferEncoding::EightBit
    };
    Some((canonical, encoding))
}

/// A media type that fits a leaf; what is none, or must not be in base64, is bytes.
fn media_type(typed: &str) -> ContentType {
    let is_token = |c: char| c.is_ascii_graphic() || c == ' ';
    let is_whole = typed.starts_with("multipart/") || typed.starts_with("message/");
    let fits = typed == "message/rfc822" || !is_whole && typed.len() < 200;
    Some(typed)
        .filter(|typed| fits && typed.chars().all(is_token))
        .and_then(|typed| ContentType::parse(typed).ok())
        .or_else(|| ContentType::parse("application/octet-stream").ok())
        .unwrap_or(ContentType::TEXT_PLAIN)
}

/// The name of a file on one line, without its directory. Many readers decode what looks like an encoded word in it,
/// however it was sent, and would show another name than this one.
fn file_name(name: &str) -> String {
    let base = name.rsplit('/').next().unwrap_or_default();
    let clean = clean_name(base).replace("=?", "_?");
    let end = clean.floor_char_boundary(NAME_BYTES);
    match clean.get(..end) {
        Some("") | None => "attachment".to_owned(),
        Some(short) => short.to_owned(),
    }
}
