//! A theme of the user's own: a file that says which built-in theme it starts from and what looks otherwise.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::checked::{pick, syntax, wrong_type};
use crate::config::error::{ConfigError, Mistake};
use crate::config::file;
use crate::config::look::{Attribute, Colour, Look, Role};
use crate::config::nearest::nearest;
use crate::config::raw::{Text, Texts};
use crate::config::schema::{Unknown, names_of};
use crate::config::ui_settings::Theme;

/// A theme file, checked: where it starts, and what differs.
pub type OwnTheme = (Theme, Vec<(Role, Look)>);

/// The file as typed.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a theme: base = \"dark\" and a table [styles]"
)]
struct RawTheme {
    base: Option<Text>,
    #[serde(default)]
    styles: BTreeMap<Spanned<String>, RawLook>,
}

/// One role.
#[derive(serde::Deserialize)]
#[serde(
    deny_unknown_fields,
    rename_all = "kebab-case",
    expecting = "a table such as { fg = \"blue\", attributes = [\"bold\"] }"
)]
struct RawLook {
    fg: Option<Spanned<ColourText>>,
    bg: Option<Spanned<ColourText>>,
    attributes: Option<Texts>,
}

/// A colour as typed: a text, or a plain number.
struct ColourText(String);

impl<'de> Deserialize<'de> for ColourText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColourVisitor;
        impl Visitor<'_> for ColourVisitor {
            type Value = ColourText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a colour such as \"blue\", \"#5f87af\" or 67")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ColourText, E> {
                Ok(ColourText(text.to_owned()))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<ColourText, E> {
                Ok(ColourText(number.to_string()))
            }
        }
        deserializer.deserialize_any(ColourVisitor)
    }
}

/// Reads and checks a theme file.
///
/// # Errors
/// As for the configuration itself.
pub fn load(path: &Path) -> Result<OwnTheme, ConfigError> {
    let file = file::read(path)?;
    theme(&file.text).map_err(|mistake| mistake.at(path, &file.text))
}

/// Reads and checks the text of a theme file.
fn theme(source: &str) -> Result<OwnTheme, Mistake> {
    let table = DeTable::parse(source).map_err(|error| syntax(&error))?;
    if let Some(mistake) = unknown_key(table.get_ref()) {
        return Err(mistake);
    }
    let raw: RawTheme =
        toml::from_str(source).map_err(|error| wrong_type(table.get_ref(), &error))?;
    let base = pick(raw.base.as_ref(), Theme::Terminal, &Theme::BUILT_IN)?;
    let mut looks = Vec::new();
    for (name, look) in raw.styles {
        let role = Role::ALL.iter().find(|(known, _)| known == name.get_ref());
        if let Some((_, role)) = role {
            looks.push((*role, checked(look)?));
        }
    }
    Ok((base, looks))
}

fn unknown_key(root: &DeTable<'_>) -> Option<Mistake> {
    let mut unknown = Unknown::default();
    unknown.look(root, names_of::<RawTheme>(), "at the top level");
    if let Some(DeValue::Table(styles)) = root.get("styles").map(Spanned::get_ref) {
        unknown.look(styles, &Role::ALL.map(|(name, _)| name), "in [styles]");
        for (name, look) in styles {
            if let DeValue::Table(look) = look.get_ref() {
                let place = format!("in {} in [styles]", name.get_ref());
                unknown.look(look, names_of::<RawLook>(), &place);
            }
        }
    }
    unknown.first()
}

fn checked(raw: RawLook) -> Result<Look, Mistake> {
    let attributes = raw.attributes.map(|list| {
        let each = list.into_inner().0.into_iter();
        each.map(|typed| pick(Some(&typed), Attribute::Bold, &Attribute::ALL))
            .collect::<Result<Vec<_>, _>>()
    });
    Ok(Look {
        fg: raw.fg.as_ref().map(colour).transpose()?,
        bg: raw.bg.as_ref().map(colour).transpose()?,
        attributes: attributes.transpose()?,
    })
}

fn colour(typed: &Spanned<ColourText>) -> Result<Colour, Mistake> {
    let text = &typed.get_ref().0;
    Colour::parse(text).ok_or_else(|| {
        let problem = format!(
            "\"{text}\" is not a colour; expected a name such as \"blue\" or \"bright-blue\", \"default\", \"#rrggbb\", or \
             a number from 0 to 255"
        );
        Mistake::new(typed.span().start, problem).near(nearest(text, &Colour::NAMES))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_parses_and_names_every_role() {
        let (base, looks) = theme(include_str!("../../assets/theme.toml")).unwrap();
        assert_eq!(base, Theme::Dark);
        assert_eq!(looks.len(), Role::ALL.len());
    }

    #[test]
    fn a_theme_says_only_what_differs() {
        assert_eq!(theme(""), Ok((Theme::Terminal, Vec::new())));
        let source = "[styles]\nlink = { fg = 67, bg = \"#000001\", attributes = [] }\n";
        let look = Look {
            fg: Some(Colour::Indexed(67)),
            bg: Some(Colour::Rgb(0, 0, 1)),
            attributes: Some(Vec::new()),
        };
        assert_eq!(
            theme(source),
            Ok((Theme::Terminal, vec![(Role::Link, look)]))
        );
    }

    #[test]
    fn mistakes_name_the_place_the_expectation_and_the_nearest_name() {
        for (source, expected) in [
            (
                "base = \"drak\"",
                "t.toml:1:8: unknown value \"drak\"; expected \"terminal\", \"dark\", \"light\"; did you mean \"dark\"?",
            ),
            (
                "[styles]\nqoute = { fg = 1 }",
                "t.toml:2:1: unknown key \"qoute\" in [styles]; did you mean \"quote\"?",
            ),
            (
                "[styles]\nquote = { gf = 1 }",
                "t.toml:2:11: unknown key \"gf\" in quote in [styles]; did you mean \"fg\"?",
            ),
            (
                "[styles]\nquote = { fg = \"bleu\" }",
                "t.toml:2:16: \"bleu\" is not a colour; expected a name such as \"blue\" or \"bright-blue\", \"default\", \
                 \"#rrggbb\", or a number from 0 to 255; did you mean \"blue\"?",
            ),
            (
                "[styles]\nquote = { fg = 256 }",
                "t.toml:2:16: \"256\" is not a colour; expected a name such as \"blue\" or \"bright-blue\", \"default\", \
                 \"#rrggbb\", or a number from 0 to 255",
            ),
            (
                "[styles]\nquote = { attributes = [\"bald\"] }",
                "t.toml:2:25: unknown value \"bald\"; expected \"bold\", \"dim\", \"italic\", \"underlined\", \
                 \"reversed\"; did you mean \"bold\"?",
            ),
            (
                "[styles]\nquote = \"blue\"",
                "t.toml:2:9: styles.quote: invalid type: string \"blue\", expected a table such as { fg = \"blue\", \
                 attributes = [\"bold\"] }",
            ),
            (
                "base = ",
                "t.toml:1:8: this is not TOML: string values must be quoted, expected literal string",
            ),
        ] {
            let mistake = theme(source).unwrap_err();
            let error = mistake.at(Path::new("t.toml"), source);
            assert_eq!(error.to_string(), expected, "{source}");
        }
    }
}
