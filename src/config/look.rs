//! What a theme may say of one kind of text: colours and attributes, as data. What a built-in theme looks like, `ui` says.

/// A kind of text on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Running text, and the background of everything.
    Text,
    /// What matters less: dates, counts.
    Faint,
    /// What has not been read.
    Unread,
    /// Marks, keys, what invites.
    Accent,
    /// Stars.
    Star,
    /// Something went wrong, or deserves mistrust.
    Alarm,
    /// Something is going on.
    Busy,
    /// Lines between panes.
    Rule,
    /// A pane's title without the focus.
    Title,
    /// A pane's title with the focus.
    TitleFocused,
    /// The row under the cursor, in the pane with the focus.
    Cursor,
    /// The row under the cursor, elsewhere.
    CursorElsewhere,
    /// Quoted text.
    Quote,
    /// Links.
    Link,
    /// Code.
    Code,
}

impl Role {
    /// All of them with their names in a theme file.
    pub const ALL: [(&'static str, Self); 15] = [
        ("text", Self::Text),
        ("faint", Self::Faint),
        ("unread", Self::Unread),
        ("accent", Self::Accent),
        ("star", Self::Star),
        ("alarm", Self::Alarm),
        ("busy", Self::Busy),
        ("rule", Self::Rule),
        ("title", Self::Title),
        ("title-focused", Self::TitleFocused),
        ("cursor", Self::Cursor),
        ("cursor-elsewhere", Self::CursorElsewhere),
        ("quote", Self::Quote),
        ("link", Self::Link),
        ("code", Self::Code),
    ];
}

/// A colour of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// The terminal's own.
    Default,
    /// One of the palette: 0 to 15 as the terminal's user chose them, the rest fixed.
    Indexed(u8),
    /// Red, green and blue.
    Rgb(u8, u8, u8),
}

impl Colour {
    /// The names of the first sixteen, in order; `default` is the terminal's own.
    pub const NAMES: [&'static str; 16] = [
        "black",
        "red",
        "green",
        "yellow",
        "blue",
        "magenta",
        "cyan",
        "white",
        "bright-black",
        "bright-red",
        "bright-green",
        "bright-yellow",
        "bright-blue",
        "bright-magenta",
        "bright-cyan",
        "bright-white",
    ];

    /// Reads a name, `#rrggbb`, or a number of the palette from 0 to 255.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text == "default" {
            return Some(Self::Default);
        }
        if let Some(index) = Self::NAMES.iter().position(|name| *name == text) {
            return u8::try_from(index).ok().map(Self::Indexed);
        }
        let Some(digits) = text.strip_prefix('#') else {
            return text.parse().ok().map(Self::Indexed);
        };
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self::Rgb(red, green, blue))
    }
}

/// How letters are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attribute {
    /// Bold.
    Bold,
    /// Dim.
    Dim,
    /// Italic.
    Italic,
    /// Underlined.
    Underlined,
    /// Foreground and background exchanged.
    Reversed,
}

impl Attribute {
    /// All of them with their names in a theme file.
    pub const ALL: [(&'static str, Self); 5] = [
        ("bold", Self::Bold),
        ("dim", Self::Dim),
        ("italic", Self::Italic),
        ("underlined", Self::Underlined),
        ("reversed", Self::Reversed),
    ];
}

/// What a theme file says of one role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Look {
    /// Of the letters; `None` leaves the base theme's.
    pub fg: Option<Colour>,
    /// Behind them; `None` leaves the base theme's.
    pub bg: Option<Colour>,
    /// Instead of the base theme's; `None` leaves those.
    pub attributes: Option<Vec<Attribute>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_names_numbers_or_rgb() {
        for (text, expected) in [
            ("default", Some(Colour::Default)),
            ("black", Some(Colour::Indexed(0))),
            ("bright-white", Some(Colour::Indexed(15))),
            ("0", Some(Colour::Indexed(0))),
            ("255", Some(Colour::Indexed(255))),
            ("#0aFf10", Some(Colour::Rgb(10, 255, 16))),
            ("256", None),
            ("-1", None),
            ("#fff", None),
            ("#+12345", None),
            ("#12345ü", None),
            ("Red", None),
            ("", None),
        ] {
            assert_eq!(Colour::parse(text), expected, "{text}");
        }
    }
}
