//! What becomes of each character on its way to a screen: the table behind `safe_text`.

use unicode_width::UnicodeWidthChar;

/// What the text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A field of one line: runs of blanks are cut.
    Line,
    /// A line of a body: indentation and tab stops are kept.
    Body,
}

/// What becomes of one character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Shown as it is.
    Keep,
    /// Left out: it shows nothing, or marks a direction.
    Drop,
    /// Shown as a blank.
    Blank,
    /// Blanks up to the next tab stop.
    Tab,
    /// Shown by another character.
    Visible(char),
    /// Shown by its number, `<U+202E>`.
    Code,
    /// Has no width of its own and stands on the character before.
    Mark,
}

/// What becomes of a character in a text of that use.
#[must_use]
pub fn fate(c: char, usage: Use) -> Fate {
    match c {
        ' '..='~' => Fate::Keep,
        '\t' if usage == Use::Body => Fate::Tab,
        // Blank to the eye as well: Braille blank, Hangul fillers.
        '\t' | '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{2800}' | '\u{115f}'
        | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => Fate::Blank,
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).map_or(Fate::Code, Fate::Visible),
        '\u{7f}' => Fate::Visible('\u{2421}'),
        // C1, and the marks that open an embedding, an override or an isolate.
        '\u{80}'..='\u{9f}'
        | '\u{202a}'
        | '\u{202b}'
        | '\u{202d}'
        | '\u{202e}'
        | '\u{2066}'..='\u{2068}' => Fate::Code,
        // Soft hyphen, grapheme joiner, marks of direction and the ends of the above, zero-width blanks, invisible
        // operators, shorthand and musical controls, annotation marks, byte order mark, tags, ideographic variations.
        '\u{ad}'
        | '\u{34f}'
        | '\u{61c}'
        | '\u{180b}'..='\u{180f}'
        | '\u{200b}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{202c}'
        | '\u{2060}'..='\u{2065}'
        | '\u{2069}'..='\u{206f}'
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}' => Fate::Drop,
        // Noncharacters.
        '\u{fdd0}'..='\u{fdef}' | '\u{fffe}' | '\u{ffff}' => Fate::Visible('\u{fffd}'),
        c if u32::from(c) & 0xfffe == 0xfffe => Fate::Visible('\u{fffd}'),
        c if usage == Use::Line && c.is_whitespace() => Fate::Blank,
        c if c.width() == Some(0) => Fate::Mark,
        c if c.is_control() => Fate::Code,
        _ => Fate::Keep,
    }
}

/// Whether a character is a sign of deceit in a name: a control, an override of direction, a tag, a blank that is none.
///
/// Marks of direction, soft hyphens and byte order marks occur in honest names and are none.
#[must_use]
pub fn is_trick(c: char) -> bool {
    match c {
        '\t' | '\r' | '\n' | '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{feff}'
        | '\u{61c}' => false,
        '\u{2800}' | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' => true,
        _ => matches!(
            fate(c, Use::Line),
            Fate::Drop | Fate::Code | Fate::Visible(_)
        ),
    }
}
