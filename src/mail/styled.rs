//! Text with a meaning for the eye, ready for a screen of a given width: what `mime` renders and `ui` draws.

use crate::mail::safe_text::SafeText;

/// Why a piece of text looks as it does. The theme gives the colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextStyle {
    /// Running text.
    #[default]
    Plain,
    /// Bold.
    Strong,
    /// Italic.
    Emphasis,
    /// Code or preformatted text.
    Code,
    /// Struck through.
    Struck,
    /// A link's text.
    Link,
    /// Sterna's own words inside a message (a notice, a placeholder).
    Notice,
}

/// Which of several forms of a text is shown. RFC 2046 §5.1.4.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextForm {
    /// Plain text where it says something, else HTML.
    #[default]
    Plain,
    /// HTML where there is some, else plain text.
    Html,
}

/// A piece of one line in one style.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StyledSpan {
    /// What is shown.
    pub text: SafeText,
    /// How.
    pub style: TextStyle,
}

/// One line of a message, already wrapped, quote marks included; no spans for an empty line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StyledLine {
    /// The pieces, left to right.
    pub spans: Vec<StyledSpan>,
    /// How deep the line is quoted; 0 means not at all. For colours: the marks `> ` themselves stand in the spans.
    pub quote_depth: u8,
}
