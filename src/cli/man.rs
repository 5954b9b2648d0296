//! `sterna man`: the manual page, made of the tables of `--help` and of the keys and of the annotated configuration, so that
//! they never differ.

use std::io::{self, Write};

use clap::{Arg, Command};

use crate::command::keys::{parse_sequence, sequence_label};
use crate::command::preset::Preset;
use crate::command::table::COMMANDS;

/// Every key of the configuration with what it means.
const CONFIGURATION: &str = include_str!("../../assets/config.toml");

/// Writes the page in roff.
///
/// # Errors
/// The writer failed.
pub fn write(command: &mut Command, out: &mut dyn Write) -> io::Result<()> {
    command.build();
    let mut page = format!(
        ".TH STERNA 1 \"\" \"sterna {}\"\n.SH NAME\nsterna \\- {}\n",
        escaped(command.get_version().unwrap_or_default()),
        escaped(
            &command
                .get_about()
                .map(ToString::to_string)
                .unwrap_or_default()
        )
    );
    page.push_str(".SH SYNOPSIS\n.B sterna\n[OPTIONS] [COMMAND]\n.SH DESCRIPTION\n");
    page.push_str(&text(command));
    page.push_str(".SH OPTIONS\n");
    options(command, &mut page);
    page.push_str(".SH COMMANDS\n");
    for child in command.get_subcommands() {
        section(child, child.get_name(), &mut page);
    }
    page.push_str(
        ".SH KEYS\n`?` shows them on the screen, also those of another preset. `:` and a name do the same.\n",
    );
    keys(&mut page);
    page.push_str(".SH CONFIGURATION\n~/.config/sterna/config.toml, with every key:\n.PP\n.nf\n");
    for line in CONFIGURATION.lines() {
        page.extend([escaped(line).as_str(), "\n"]);
    }
    page.push_str(".fi\n");
    let behind = command.get_after_help().map(ToString::to_string);
    page.push_str(".SH EXIT STATUS\n");
    page.push_str(&escaped(
        &behind.unwrap_or_default().replace("Exit codes: ", ""),
    ));
    page.push('\n');
    out.write_all(page.as_bytes())
}

/// The keys of the usual preset, in the order of the table.
fn keys(page: &mut String) {
    for command in COMMANDS {
        let sequences = command.sequences(Preset::Sterna).filter_map(parse_sequence);
        let labels: Vec<String> = sequences.map(|keys| sequence_label(&keys)).collect();
        let name = format!(":{}", command.name);
        let head = if labels.is_empty() {
            name
        } else {
            format!("{} ({name})", labels.join(", "))
        };
        let (head, help) = (escaped(&head), escaped(command.help));
        page.extend([".TP\n.B ", head.as_str(), "\n", help.as_str(), "\n"]);
    }
}

fn section(command: &Command, name: &str, page: &mut String) {
    let arguments: Vec<String> = command
        .get_positionals()
        .map(|argument| value_names(argument).join(" "))
        .collect();
    page.push_str(&format_heading(name, &arguments.join(" ")));
    page.push_str(&text(command));
    options(command, page);
    for child in command
        .get_subcommands()
        .filter(|child| child.get_name() != "help")
    {
        section(child, &format!("{name} {}", child.get_name()), page);
    }
}

fn format_heading(name: &str, arguments: &str) -> String {
    let gap = if arguments.is_empty() { "" } else { " " };
    format!(
        ".SS \"sterna {}{gap}{}\"\n",
        escaped(name),
        escaped(arguments)
    )
}

/// What it does, in a paragraph.
fn text(command: &Command) -> String {
    let about = command.get_long_about().or_else(|| command.get_about());
    let about = about.map(ToString::to_string).unwrap_or_default();
    let paragraphs: Vec<String> = about.split("\n\n").map(escaped).collect();
    paragraphs.join("\n.PP\n") + "\n"
}

/// The options that are its own.
fn options(command: &Command, page: &mut String) {
    let own = command.get_arguments().filter(|argument| {
        let is_inherited = argument.is_global_set() && command.get_name() != "sterna";
        !is_inherited && !argument.is_hide_set() && argument.get_id() != "help"
    });
    for argument in own {
        let mut names = Vec::new();
        names.extend(argument.get_short().map(|short| format!("-{short}")));
        names.extend(argument.get_long().map(|long| format!("--{long}")));
        let takes_value = argument.get_action().takes_values();
        let mut head = names.join(", ");
        if takes_value || names.is_empty() {
            let values = value_names(argument).join(" ");
            let gap = if head.is_empty() { "" } else { " " };
            head.extend([gap, values.as_str()]);
        }
        let help = argument.get_help().map(ToString::to_string);
        let help = escaped(&help.unwrap_or_default());
        page.extend([
            ".TP\n.B ",
            escaped(&head).as_str(),
            "\n",
            help.as_str(),
            "\n",
        ]);
    }
}

fn value_names(argument: &Arg) -> Vec<String> {
    let names = argument.get_value_names().unwrap_or_default();
    names.iter().map(ToString::to_string).collect()
}

/// Text that roff takes for text.
fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\n', " ");
    if text.starts_with(['.', '\'']) {
        format!("\\&{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_every_command_and_no_line_that_roff_would_obey() {
        let mut command = crate::cli::args::definition();
        let mut page = Vec::new();
        write(&mut command, &mut page).unwrap();
        let page = String::from_utf8(page).unwrap();
        for child in command
            .get_subcommands()
            .filter(|child| child.get_name() != "help")
        {
            let heading = format!(".SS \"sterna {}", escaped(child.get_name()));
            assert!(page.contains(&heading), "{heading}");
        }
        let known = [".TH ", ".SH ", ".SS ", ".TP", ".B ", ".PP", ".nf", ".fi"];
        for line in page.lines().filter(|line| line.starts_with(['.', '\''])) {
            assert!(known.iter().any(|known| line.starts_with(known)), "{line}");
        }
        assert!(page.contains("sterna folder rename FOLDER TO"), "{page}");
        assert!(page.contains("\\-\\-offline"));
        assert!(page.contains(".B e (:archive)\n"), "{page}");
        assert!(page.contains("mark\\-read\\-after = \"2s\""), "{page}");
        assert_eq!(escaped(".x\\y"), "\\&.x\\ey");
    }
}
