//! From the file as typed to a configuration that is ready to use. Pure but for asking whether a named file is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::DeTable;

use crate::command::keys::parse_sequence;
use crate::command::line::{self, LineError};
use crate::command::preset::Preset;
use crate::command::table::COMMANDS;
use crate::config::Config;
use crate::config::checked_account;
use crate::config::error::Mistake;
use crate::config::nearest::nearest;
use crate::config::raw::{RawConfig, RawUi, Text};
use crate::config::schema;
use crate::config::ui_settings::{After, Binding, Editor, MarkRead, Theme, UiSettings};
use crate::config::value;

/// What the meaning of a file depends on besides its text.
pub struct Surroundings<'a> {
    /// The file itself, for the command that mends its mode.
    pub path: &'a Path,
    /// The directory that relative paths start from.
    pub base: &'a Path,
    /// Whether only its owner can read the file.
    pub private: bool,
    /// What `~/` stands for; `None` when unknown.
    pub home: Option<PathBuf>,
}

impl Surroundings<'_> {
    /// Resolves a path as typed: `~/` is the home directory, everything else relative to the file.
    pub fn resolve(&self, typed: &str) -> PathBuf {
        match (typed.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => self.base.join(typed),
        }
    }

    /// Resolves the path of a file that must be there.
    pub fn existing(&self, typed: &Text) -> Result<PathBuf, Mistake> {
        let path = self.resolve(typed.get_ref());
        match std::fs::File::open(&path).and_then(|file| file.metadata()) {
            Ok(metadata) if metadata.is_file() => Ok(path),
            Ok(_) => Err(Mistake::new(
                typed.span().start,
                format!("{} is not a file", path.display()),
            )),
            Err(error) => Err(Mistake::new(
                typed.span().start,
                format!("{} cannot be read: {error}", path.display()),
            )),
        }
    }
}

/// Reads and checks the text of a configuration file; the second is the theme file that it names.
pub fn config(
    source: &str,
    around: &Surroundings<'_>,
) -> Result<(Config, Option<PathBuf>), Mistake> {
    let table = DeTable::parse(source).map_err(|error| syntax(&error))?;
    if let Some(mistake) = schema::unknown_key(table.get_ref()) {
        return Err(mistake);
    }
    let raw: RawConfig =
        toml::from_str(source).map_err(|error| wrong_type(table.get_ref(), &error))?;
    let mut in_order: Vec<_> = raw.accounts.into_iter().collect();
    in_order.sort_by_key(|(name, _)| name.span().start);
    let mut accounts = Vec::new();
    for (name, account) in in_order {
        let account = checked_account::account(&name, account, around)?;
        checked_account::differs(&name, &account, &accounts)?;
        accounts.push(account);
    }
    let (theme, theme_file) = theme(raw.ui.theme.as_ref(), around)?;
    let ui = UiSettings {
        theme,
        ..ui(raw.ui)?
    };
    Ok((Config { accounts, ui }, theme_file))
}

/// A built-in theme, or the file that holds one: a path is told by its dot or slash.
fn theme(
    typed: Option<&Text>,
    around: &Surroundings<'_>,
) -> Result<(Theme, Option<PathBuf>), Mistake> {
    match typed {
        Some(typed) if typed.get_ref().contains(['.', '/']) => {
            Ok((Theme::default(), Some(around.existing(typed)?)))
        }
        _ => match pick(typed, Theme::default(), &Theme::BUILT_IN) {
            Ok(theme) => Ok((theme, None)),
            Err(mut mistake) => {
                mistake
                    .problem
                    .push_str(", or a file such as \"theme.toml\"");
                Err(mistake)
            }
        },
    }
}

/// What the parser says of a text that is not TOML.
pub fn syntax(error: &toml::de::Error) -> Mistake {
    let offset = error.span().map_or(0, |span| span.start);
    Mistake::new(
        offset,
        format!("this is not TOML: {}", one_line(error.message())),
    )
}

/// What serde says of a value that is not of its key's type.
pub fn wrong_type(table: &DeTable<'_>, error: &toml::de::Error) -> Mistake {
    let offset = error.span().map_or(0, |span| span.start);
    let place = schema::place_of(table, offset);
    // serde quotes the value it did not like; a secret is not to be quoted.
    let message = if place.contains("password-plaintext") {
        "expected a text in quotes".to_owned()
    } else {
        one_line(error.message())
    };
    let separator = if place.is_empty() { "" } else { ": " };
    Mistake::new(offset, format!("{place}{separator}{message}"))
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn ui(raw: RawUi) -> Result<UiSettings, Mistake> {
    let standard = UiSettings::default();
    let presets = Preset::ALL.map(|preset| (preset.name(), preset));
    let editors = [("builtin", Editor::Builtin), ("external", Editor::External)];
    let places = [
        ("next", After::Next),
        ("list", After::List),
        ("newer", After::Newer),
    ];
    Ok(UiSettings {
        theme: standard.theme,
        looks: Vec::new(),
        keys: pick(raw.keys.as_ref(), standard.keys, &presets)?,
        bind: bindings(raw.bind)?,
        editor: pick(raw.editor.as_ref(), standard.editor, &editors)?,
        mark_read_after: raw
            .mark_read_after
            .map_or(Ok(standard.mark_read_after), |typed| mark_read(&typed))?,
        after: pick(raw.after.as_ref(), standard.after, &places)?,
        hold_seconds: raw
            .hold
            .map_or(Ok(standard.hold_seconds), |typed| hold(&typed))?,
        send_hold_seconds: raw
            .send_hold
            .map_or(Ok(standard.send_hold_seconds), |typed| hold(&typed))?,
        mouse: raw.mouse.unwrap_or(standard.mouse),
        hints: raw.hints.unwrap_or(standard.hints),
    })
}

/// The longest hold: a change must not wait for the server without end.
const MOST_HOLD: u64 = 60;

fn hold(typed: &Text) -> Result<u32, Mistake> {
    let text = typed.get_ref().as_str();
    let seconds = value::milliseconds(text).map(|milliseconds| milliseconds.div_ceil(1_000));
    let seconds = seconds.filter(|seconds| *seconds <= MOST_HOLD);
    seconds
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(|| {
            let problem = format!("\"{text}\" is not a time from \"0s\" to \"{MOST_HOLD}s\"");
            Mistake::new(typed.span().start, problem)
        })
}

fn mark_read(typed: &Text) -> Result<MarkRead, Mistake> {
    match typed.get_ref().as_str() {
        "open" => Ok(MarkRead::OnOpen),
        "never" => Ok(MarkRead::Never),
        text => value::milliseconds(text)
            .map(|milliseconds| MarkRead::After { milliseconds })
            .ok_or_else(|| {
                let problem = format!(
                    "\"{text}\" is not a time; expected a time such as \"2s\" or \"500ms\", \"open\" or \"never\""
                );
                let mistake = Mistake::new(typed.span().start, problem);
                mistake.near(nearest(text, &["open", "never"]))
            }),
    }
}

fn bindings(raw: BTreeMap<Spanned<String>, Text>) -> Result<Vec<Binding>, Mistake> {
    let mut in_order: Vec<_> = raw.into_iter().collect();
    in_order.sort_by_key(|(typed, _)| typed.span().start);
    let mut bound: Vec<Binding> = Vec::new();
    for (typed, line) in in_order {
        let (offset, text) = (typed.span().start, typed.get_ref());
        let Some(keys) = parse_sequence(text) else {
            let problem = format!(
                "\"{text}\" in [ui.bind] is not a key; expected one such as \"x\", \"ctrl-x\", \"alt-enter\", \"pgdn\" or \"gx\""
            );
            return Err(Mistake::new(offset, problem));
        };
        // `ctrl-alt-x` and `alt-ctrl-x` are one key.
        if bound.iter().any(|other| other.keys == keys) {
            let problem = format!("the key \"{text}\" is bound twice in [ui.bind]");
            return Err(Mistake::new(offset, problem));
        }
        if let Err(error) = line::parse(line.get_ref(), None) {
            return Err(not_a_command(text, &line, error));
        }
        bound.push(Binding {
            keys,
            line: line.into_inner(),
        });
    }
    Ok(bound)
}

fn not_a_command(key: &str, line: &Text, error: LineError) -> Mistake {
    let typed = line.get_ref().trim();
    let name = typed.split_whitespace().next().unwrap_or_default();
    let problem = match error {
        LineError::Empty => {
            format!("the key \"{key}\" in [ui.bind] has no command; expected the name of one")
        }
        LineError::Superfluous => format!("the command \"{name}\" takes nothing behind it"),
        LineError::Unknown => {
            let names: Vec<&str> = COMMANDS.iter().map(|command| command.name).collect();
            return Mistake::new(
                line.span().start,
                format!("unknown command \"{name}\" in [ui.bind]"),
            )
            .near(nearest(name, &names));
        }
    };
    Mistake::new(line.span().start, problem)
}

/// Reads one of a few words; the first argument `None` gives the standard.
pub fn pick<T: Copy>(
    typed: Option<&Text>,
    standard: T,
    choices: &[(&str, T)],
) -> Result<T, Mistake> {
    let Some(typed) = typed else {
        return Ok(standard);
    };
    let text = typed.get_ref();
    choices
        .iter()
        .find(|(name, _)| name == text)
        .map(|(_, choice)| *choice)
        .ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            let problem = format!("unknown value \"{text}\"; expected {}", quoted.join(", "));
            Mistake::new(typed.span().start, problem).near(nearest(text, &names))
        })
}
