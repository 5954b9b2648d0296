//! What each kind of text looks like. The terminal theme uses the 16 colours sparsely and never names black, white,
//! yellow or a background, so that it reads on light and dark terminals; every state is also a mark, bold, dim,
//! underlined or reversed, so that it reads without colours.

use ratatui::style::{Color, Modifier, Style};

use crate::config::ui_settings::Theme as Name;
use crate::mail::styled::TextStyle;

/// The styles of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Theme {
    /// Running text, and the background of everything.
    pub text: Style,
    /// What matters less: dates, counts, rules.
    pub faint: Style,
    /// What has not been read.
    pub unread: Style,
    /// Marks, keys, what invites.
    pub accent: Style,
    /// Stars.
    pub star: Style,
    /// Something went wrong, or deserves mistrust.
    pub alarm: Style,
    /// Something is going on.
    pub busy: Style,
    /// Lines between panes.
    pub rule: Style,
    /// A pane's title without the focus.
    pub title: Style,
    /// A pane's title with the focus.
    pub title_focused: Style,
    /// The row under the cursor, in the pane with the focus.
    pub cursor: Style,
    /// The row under the cursor, elsewhere; a bar at its left marks it in any case.
    pub cursor_elsewhere: Style,
    /// Quoted text.
    pub quote: Style,
    /// Links.
    pub link: Style,
    /// Code.
    pub code: Style,
}

impl Theme {
    /// The theme of a name, without colours where the user wants none.
    #[must_use]
    pub const fn new(name: Name, no_color: bool) -> Self {
        if no_color {
            return MONOCHROME;
        }
        match name {
            Name::Terminal => TERMINAL,
            Name::Dark => own(&DARK),
            Name::Light => own(&LIGHT),
        }
    }

    /// The style of a piece of a message's text.
    #[must_use]
    pub fn piece(&self, style: TextStyle, quote_depth: u8) -> Style {
        let base = if quote_depth > 0 {
            self.quote
        } else {
            self.text
        };
        match style {
            TextStyle::Plain => base,
            TextStyle::Strong => base.add_modifier(Modifier::BOLD),
            TextStyle::Emphasis => base.add_modifier(Modifier::ITALIC),
            TextStyle::Struck => base.add_modifier(Modifier::CROSSED_OUT),
            TextStyle::Code => base.patch(self.code),
            TextStyle::Link => base.patch(self.link),
            TextStyle::Notice => self.faint.add_modifier(Modifier::ITALIC),
        }
    }
}

const PLAIN: Style = Style::new();

const MONOCHROME: Theme = Theme {
    text: PLAIN,
    faint: PLAIN.add_modifier(Modifier::DIM),
    unread: PLAIN.add_modifier(Modifier::BOLD),
    accent: PLAIN.add_modifier(Modifier::BOLD),
    star: PLAIN.add_modifier(Modifier::BOLD),
    alarm: PLAIN.add_modifier(Modifier::BOLD),
    busy: PLAIN,
    rule: PLAIN.add_modifier(Modifier::DIM),
    title: PLAIN.add_modifier(Modifier::DIM),
    title_focused: PLAIN.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
    cursor: PLAIN.add_modifier(Modifier::REVERSED),
    cursor_elsewhere: PLAIN,
    quote: PLAIN.add_modifier(Modifier::DIM),
    link: PLAIN.add_modifier(Modifier::UNDERLINED),
    code: PLAIN,
};

/// Magenta and red are the two of the 16 colours that keep their contrast on white and on black.
const TERMINAL: Theme = Theme {
    accent: PLAIN.fg(Color::Magenta),
    star: PLAIN.fg(Color::Magenta),
    alarm: PLAIN.fg(Color::Red).add_modifier(Modifier::BOLD),
    busy: PLAIN.fg(Color::Magenta),
    title_focused: PLAIN
        .fg(Color::Magenta)
        .add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
    link: PLAIN.add_modifier(Modifier::UNDERLINED),
    ..MONOCHROME
};

/// Colours of a theme with a background of its own, from the fixed part of the 256-colour palette.
struct Palette {
    back: u8,
    text: u8,
    faint: u8,
    strong: u8,
    accent: u8,
    star: u8,
    alarm: u8,
    rule: u8,
    cursor: u8,
    cursor_elsewhere: u8,
    quote: u8,
    link: u8,
}

const DARK: Palette = Palette {
    back: 234,
    text: 251,
    faint: 245,
    strong: 255,
    accent: 110,
    star: 179,
    alarm: 203,
    rule: 238,
    cursor: 24,
    cursor_elsewhere: 237,
    quote: 108,
    link: 117,
};

const LIGHT: Palette = Palette {
    back: 231,
    text: 236,
    faint: 242,
    strong: 16,
    accent: 25,
    star: 130,
    alarm: 124,
    rule: 250,
    cursor: 153,
    cursor_elsewhere: 254,
    quote: 23,
    link: 26,
};

const fn own(palette: &Palette) -> Theme {
    let text = PLAIN
        .fg(Color::Indexed(palette.text))
        .bg(Color::Indexed(palette.back));
    let accent = PLAIN.fg(Color::Indexed(palette.accent));
    let strong = PLAIN
        .fg(Color::Indexed(palette.strong))
        .add_modifier(Modifier::BOLD);
    Theme {
        text,
        faint: PLAIN.fg(Color::Indexed(palette.faint)),
        unread: strong,
        accent,
        star: PLAIN.fg(Color::Indexed(palette.star)),
        alarm: PLAIN
            .fg(Color::Indexed(palette.alarm))
            .add_modifier(Modifier::BOLD),
        busy: accent,
        rule: PLAIN.fg(Color::Indexed(palette.rule)),
        title: PLAIN.fg(Color::Indexed(palette.faint)),
        title_focused: accent.add_modifier(Modifier::BOLD.union(Modifier::UNDERLINED)),
        cursor: PLAIN
            .fg(Color::Indexed(palette.strong))
            .bg(Color::Indexed(palette.cursor)),
        cursor_elsewhere: PLAIN.bg(Color::Indexed(palette.cursor_elsewhere)),
        quote: text.fg(Color::Indexed(palette.quote)),
        link: PLAIN
            .fg(Color::Indexed(palette.link))
            .add_modifier(Modifier::UNDERLINED),
        code: PLAIN.fg(Color::Indexed(palette.star)),
    }
}
