//! A message taken apart: its headers and its leaf parts, each with the bytes it came in.

use crate::mail::envelope::Envelope;
use crate::mail::part::{PartInfo, PartPath};
use crate::mime::charset;
use crate::mime::defect::Defect;
use crate::mime::encoding;

/// A message, or as much of it as is on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// The decoded summary.
    pub envelope: Envelope,
    /// All header fields, in order, decoded but not sanitised.
    pub headers: Vec<Header>,
    /// The leaf parts in order, numbered as IMAP numbers them; a message/rfc822 comes before the parts inside it.
    pub parts: Vec<Part>,
    /// What was wrong; empty for most mail.
    pub defects: Vec<Defect>,
}

/// One header field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The name as it stands.
    pub name: String,
    /// The decoded value, on one line.
    pub value: String,
}

/// One leaf part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What is known without the bytes.
    pub info: PartInfo,
    /// The bytes as transferred, still encoded; `None` while they are not on this machine.
    pub body: Option<Vec<u8>>,
    /// Which branch of which multipart/alternative; `None` outside of any.
    pub alternative: Option<Alternative>,
    /// How the text is to be put into lines.
    pub lines: TextLines,
}

/// The place of a part among the forms of one content. RFC 2046 §5.1.4.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alternative {
    /// The multipart/alternative.
    pub of: PartPath,
    /// Its child in which the part is, counted from 1; later ones are richer.
    pub branch: u32,
}

/// How the lines of a text part are meant. RFC 3676.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextLines {
    /// As they stand.
    #[default]
    Fixed,
    /// `format=flowed`: a blank at the end of a line joins it to the next.
    Flowed {
        /// `delsp=yes`: that blank is not part of the text.
        del_sp: bool,
    },
}

impl Part {
    /// The bytes without their transfer encoding; empty while they are not here. Decodes anew at each call.
    #[must_use]
    pub fn decoded(&self) -> Vec<u8> {
        let body = self.body.as_deref().unwrap_or_default();
        encoding::decode(body, &self.info.encoding)
    }

    /// The body as text, line breaks as `\n`; unknown charsets are guessed. Decodes anew at each call.
    #[must_use]
    pub fn text(&self) -> String {
        let bytes = self.decoded();
        let label = match self.info.charset.as_str() {
            "" if self.info.content_type == "text/html" => charset::html_label(&bytes),
            label => label,
        };
        let text = charset::decode(&bytes, label);
        text.replace("\r\n", "\n").replace('\r', "\n")
    }
}
