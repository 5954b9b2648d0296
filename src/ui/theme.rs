//! What each kind of text looks like. The terminal theme uses the 16 colours sparsely and never names black, white,
//! yellow or a background, so that it reads on light and dark terminals; every state is also a mark, bold, dim,
//! underlined or reversed, so that it reads without colours.

use ratatui::style::{Color, Modifier, Style};

use crate::app::model::Colours;
use crate::config::look::{Attribute, Colour, Look, Role};
use crate::config::ui_settings::{Theme as Name, UiSettings};
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
    /// The theme of the settings, in the colours that the terminal has.
    #[must_use]
    pub fn new(settings: &UiSettings, colours: Colours) -> Self {
        if colours == Colours::None {
            return MONOCHROME;
        }
        let mut theme = match settings.theme {
            Name::Terminal => TERMINAL,
            Name::Dark => own(&DARK),
            Name::Light => own(&LIGHT),
        };
        for (role, look) in &settings.looks {
            let style = theme.role_mut(*role);
            *style = patched(*style, look, colours);
        }
        theme
    }

    const fn role_mut(&mut self, role: Role) -> &mut Style {
        match role {
            Role::Text => &mut self.text,
            Role::Faint => &mut self.faint,
            Role::Unread => &mut self.unread,
            Role::Accent => &mut self.accent,
            Role::Star => &mut self.star,
            Role::Alarm => &mut self.alarm,
            Role::Busy => &mut self.busy,
            Role::Rule => &mut self.rule,
            Role::Title => &mut self.title,
            Role::TitleFocused => &mut self.title_focused,
            Role::Cursor => &mut self.cursor,
            Role::CursorElsewhere => &mut self.cursor_elsewhere,
            Role::Quote => &mut self.quote,
            Role::Link => &mut self.link,
            Role::Code => &mut self.code,
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
        quote: PLAIN.fg(Color::Indexed(palette.quote)),
        link: PLAIN
            .fg(Color::Indexed(palette.link))
            .add_modifier(Modifier::UNDERLINED),
        code: PLAIN.fg(Color::Indexed(palette.star)),
    }
}

/// A style with what a theme file says of it.
fn patched(mut style: Style, look: &Look, colours: Colours) -> Style {
    if let Some(fg) = look.fg {
        style = style.fg(colour(fg, colours));
    }
    if let Some(bg) = look.bg {
        style = style.bg(colour(bg, colours));
    }
    if let Some(attributes) = &look.attributes {
        style.add_modifier = Modifier::empty();
        for attribute in attributes {
            style = style.add_modifier(match attribute {
                Attribute::Bold => Modifier::BOLD,
                Attribute::Dim => Modifier::DIM,
                Attribute::Italic => Modifier::ITALIC,
                Attribute::Underlined => Modifier::UNDERLINED,
                Attribute::Reversed => Modifier::REVERSED,
            });
        }
    }
    style
}

/// The sixteen by their own codes, which every terminal has.
const SIXTEEN: [Color; 16] = [
    Color::Black,
    Color::Red,
    Color::Green,
    Color::Yellow,
    Color::Blue,
    Color::Magenta,
    Color::Cyan,
    Color::Gray,
    Color::DarkGray,
    Color::LightRed,
    Color::LightGreen,
    Color::LightYellow,
    Color::LightBlue,
    Color::LightMagenta,
    Color::LightCyan,
    Color::White,
];

fn colour(colour: Colour, colours: Colours) -> Color {
    match colour {
        Colour::Default => Color::Reset,
        Colour::Indexed(index) => SIXTEEN
            .get(usize::from(index))
            .copied()
            .unwrap_or(Color::Indexed(index)),
        Colour::Rgb(red, green, blue) if colours == Colours::True => Color::Rgb(red, green, blue),
        Colour::Rgb(red, green, blue) => Color::Indexed(nearest([red, green, blue])),
    }
}

/// The six steps of the palette's cube.
const STEPS: [u8; 6] = [0, 95, 135, 175, 215, 255];

/// The colour of the fixed part of the palette that is nearest: in the cube (16 to 231), or among the greys (232 to 255).
fn nearest(wanted: [u8; 3]) -> u8 {
    let distance = |found: [u8; 3]| {
        let each = wanted.iter().zip(found);
        each.map(|(a, b)| u32::from(a.abs_diff(b)).pow(2))
            .sum::<u32>()
    };
    let cube = (16..=231_u8).map(|index| {
        let at = index - 16;
        let step = |n: u8| STEPS.get(usize::from(n % 6)).copied().unwrap_or_default();
        (index, [step(at / 36), step(at / 6), step(at)])
    });
    let greys = (232..=255_u8).map(|index| (index, [8 + (index - 232) * 10; 3]));
    let best = cube.chain(greys).min_by_key(|(_, found)| distance(*found));
    best.map_or(16, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_of_256_colours_stands_in_where_a_terminal_has_no_more() {
        for (wanted, index) in [
            ([0, 0, 0], 16),
            ([255, 255, 255], 231),
            ([255, 0, 0], 196),
            ([9, 8, 7], 232),
            ([0x5f, 0x87, 0xaf], 67),
            ([0x2e, 0x34, 0x40], 237),
        ] {
            assert_eq!(nearest(wanted), index, "{wanted:?}");
        }
        let rgb = Colour::Rgb(255, 0, 0);
        assert_eq!(colour(rgb, Colours::True), Color::Rgb(255, 0, 0));
        assert_eq!(colour(rgb, Colours::Palette), Color::Indexed(196));
        assert_eq!(colour(Colour::Indexed(1), Colours::True), Color::Red);
    }

    #[test]
    fn a_theme_file_changes_what_it_names_and_no_more() {
        let look = Look {
            fg: Some(Colour::Indexed(67)),
            bg: None,
            attributes: Some(vec![Attribute::Italic]),
        };
        let settings = UiSettings {
            theme: Name::Dark,
            looks: vec![(Role::Link, look)],
            ..UiSettings::default()
        };
        let dark = own(&DARK);
        let link = PLAIN.fg(Color::Indexed(67)).add_modifier(Modifier::ITALIC);
        assert_eq!(
            Theme::new(&settings, Colours::Palette),
            Theme { link, ..dark }
        );
        assert_eq!(Theme::new(&settings, Colours::None), MONOCHROME);
    }
}
