//! What was wrong with a message, for the eye of its reader.

use std::fmt;

/// Something that had to be repaired, guessed or left out. Each is reported once for a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Defect {
    /// Lines in a header that are no header field.
    StrayHeaderLines,
    /// More or longer header fields than are read.
    HeaderTooLarge,
    /// A Content-Type or Content-Disposition with more parameters than are read.
    TooManyParameters,
    /// Parts nested deeper than is read.
    TooDeep,
    /// More parts than are read.
    TooManyParts,
    /// A multipart without a boundary, or whose boundary never occurs.
    NoBoundary,
    /// A multipart that ends without its closing boundary.
    Unclosed,
    /// Base64 with symbols or a length that cannot be.
    DamagedBase64,
    /// A transfer encoding that is not known; its bytes are taken as they are.
    UnknownEncoding,
    /// A charset that is not known; the text is a guess.
    UnknownCharset,
    /// A From field whose address cannot be read.
    UnreadableSender,
    /// A display name that shows another address than the real one, or hides something.
    MisleadingSender,
    /// A Date that cannot be read.
    UnreadableDate,
    /// The parser gave up; the message is shown as it came.
    ShownRaw,
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StrayHeaderLines => {
                "The header has lines that are no header fields; they were left out."
            }
            Self::HeaderTooLarge => "The header is larger than is read; the rest was left out.",
            Self::TooManyParameters => {
                "A part has more parameters than are read; the rest was left out."
            }
            Self::TooDeep => "Parts are nested deeper than 100; the inner ones are shown as text.",
            Self::TooManyParts => "There are more than 1,000 parts; the rest was left out.",
            Self::NoBoundary => {
                "A part should have parts of its own, but they cannot be told apart."
            }
            Self::Unclosed => "The end is missing; the message may have been cut.",
            Self::DamagedBase64 => "A part is damaged (base64); what could be decoded is shown.",
            Self::UnknownEncoding => {
                "A part has an unknown transfer encoding; it is shown as it came."
            }
            Self::UnknownCharset => {
                "A part has an unknown character set; some letters may be wrong."
            }
            Self::UnreadableSender => {
                "The sender's address cannot be read; it is shown as it came."
            }
            Self::MisleadingSender => {
                "The sender's name hides something or shows another address than the real one."
            }
            Self::UnreadableDate => "The date cannot be read.",
            Self::ShownRaw => "This message cannot be taken apart; it is shown as it came.",
        })
    }
}

/// A list without repetitions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defects(Vec<Defect>);

impl Defects {
    /// Adds a defect that is not in the list yet.
    pub fn add(&mut self, defect: Defect) {
        if !self.0.contains(&defect) {
            self.0.push(defect);
        }
    }

    /// Adds a defect where there is one.
    pub fn add_if(&mut self, is_so: bool, defect: Defect) {
        if is_so {
            self.add(defect);
        }
    }

    /// The list, in the order in which things were found.
    pub fn into_list(self) -> Vec<Defect> {
        self.0
    }
}
