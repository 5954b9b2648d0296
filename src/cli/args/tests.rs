//! Command lines in, checked arguments or a refusal out.

use super::*;
use crate::cli::args_triage::FolderDeed;

fn read(line: &str) -> Result<Arguments, Stop> {
    parse(
        std::iter::once("sterna")
            .chain(line.split_whitespace())
            .map(OsString::from),
    )
}

fn command(line: &str) -> Command {
    read(line)
        .unwrap_or_else(|stop| panic!("{line}: {}", stop.text))
        .command
        .unwrap()
}

fn refusal(line: &str) -> String {
    let stop = read(line).expect_err(line);
    assert_eq!(stop.exit, Exit::Usage, "{line}");
    assert!(stop.text.ends_with('\n'));
    stop.text
}

#[test]
fn the_definition_holds_together() {
    Arguments::command().debug_assert();
}

#[test]
fn no_command_opens_the_screen() {
    let arguments = read("").unwrap();
    assert_eq!(arguments.command, None);
    assert_eq!(arguments.global, Global::default());
    let picture = read("--demo --picture 120x36").unwrap();
    assert!(picture.global.demo);
    assert_eq!(
        picture.picture,
        Some(Picture {
            columns: 120,
            rows: 36
        })
    );
}

#[test]
fn global_options_stand_before_and_after_the_command() {
    for line in [
        "--demo --config c.toml --offline list",
        "list --offline --demo --config c.toml",
    ] {
        let global = read(line).unwrap().global;
        assert!(global.demo && global.offline && !global.online, "{line}");
        assert_eq!(global.config, Some(PathBuf::from("c.toml")));
    }
}

#[test]
fn every_listing_knows_json() {
    for line in [
        "folders",
        "doctor",
        "list",
        "show a",
        "sync",
        "status",
        "pending",
        "pending drop 7",
        "undo",
        "redo",
        "flag a +seen",
        "move a b Work",
        "copy - Work",
        "archive a",
        "delete a",
        "junk a",
        "not-junk a",
        "mark-all-read a",
        "empty-trash --yes",
        "keep a",
        "folder create a",
        "export INBOX --to mbox f",
        "import f INBOX",
        "open f",
        "send f",
        "outbox",
        "outbox drop 3",
    ] {
        for (line, expected) in [(line.to_owned(), false), (format!("{line} --json"), true)] {
            assert_eq!(output(&line).json, expected, "{line}");
        }
    }
}

/// The form of the output that a command was asked for.
fn output(line: &str) -> Output {
    match command(line) {
        Command::Folders(output) | Command::Status(output) => output,
        Command::Pending(pending) => pending.output(),
        Command::Undo(carry) | Command::Redo(carry) => carry.output,
        Command::List(list) => list.output,
        Command::Show(show) => show.output,
        Command::Sync(sync) => sync.output,
        Command::Flag(flag) => flag.carry.output,
        Command::Move(words) | Command::Copy(words) => words.carry.output,
        Command::Archive(messages) | Command::Junk(messages) | Command::NotJunk(messages) => {
            messages.carry.output
        }
        Command::Delete(delete) => delete.messages.carry.output,
        Command::MarkAllRead(words) => words.carry.output,
        Command::EmptyTrash(words) => words.carry.output,
        Command::Keep(keep) => keep.output,
        Command::Folder(folder) => folder.carry().output,
        Command::Doctor(doctor) => doctor.output,
        Command::Export(export) => export.output,
        Command::Import(import) => import.output,
        Command::Open(open) => open.output,
        Command::Send(mail) => mail.output,
        Command::Outbox(outbox) => Output { json: outbox.json },
        Command::DebugReport(_)
        | Command::Save(_)
        | Command::Trust { .. }
        | Command::Completions { .. }
        | Command::Compose { .. }
        | Command::Man => panic!("{line}"),
        #[cfg(feature = "failpoints")]
        Command::Failpoints => panic!("{line}"),
    }
}

#[test]
fn list_takes_an_account_a_folder_a_limit_and_words() {
    let Command::List(list) =
        command("list --account work --folder Lists/rust --limit 7 --threads tokio release")
    else {
        panic!();
    };
    assert_eq!(
        (list.account.as_deref(), list.folder.as_deref()),
        (Some("work"), Some("Lists/rust"))
    );
    assert_eq!((list.limit, list.threads), (7, true));
    assert_eq!(list.query, ["tokio", "release"]);
    let Command::List(list) = command("list") else {
        panic!()
    };
    assert_eq!((list.limit, list.query.len()), (50, 0));
}

#[test]
fn show_gives_one_form_of_a_message() {
    let Command::Show(show) = command("show 1.2.3.4 --part 2.1 --force") else {
        panic!()
    };
    assert_eq!((show.id.as_str(), show.force), ("1.2.3.4", true));
    assert_eq!(show.part, PartPath::parse("2.1"));
    for line in [
        "show",
        "show A",
        "show ../x",
        "show a --raw --headers",
        "show a --part 0",
        "show a --part x",
        "show a --raw --json",
    ] {
        refusal(line);
    }
}

#[test]
fn flag_tells_messages_from_changes() {
    for (line, ids, changes) in [
        ("flag a b +seen", vec!["a", "b"], "+seen"),
        ("flag a -seen", vec!["a"], "-seen"),
        ("flag -seen a --json", vec!["a"], "-seen"),
        ("flag --json a a +SEEN +seen", vec!["a"], "+seen"),
        ("flag --demo a +\\Seen", vec!["a"], "+seen"),
        ("--config flag flag a -seen", vec!["a"], "-seen"),
        ("flag - +flagged -todo", vec!["-"], "+flagged -todo"),
        (
            "flag a +$Junk +Answered --wait",
            vec!["a"],
            "+$Junk +answered",
        ),
    ] {
        let Command::Flag(flag) = command(line) else {
            panic!()
        };
        let request = flag.checked().unwrap();
        assert_eq!(
            (request.label().as_str(), request.ids),
            (changes, own(&ids)),
            "{line}"
        );
    }
    for (line, expected) in [
        ("flag a +deleted", "sterna delete"),
        ("flag a +to(do", "\"to(do\" is no flag"),
        ("flag a", "no flag is named"),
        ("flag +seen", "no message is named"),
        ("flag a +seen -seen", "exclude each other"),
        ("flag a +todo -TODO", "exclude each other"),
        ("flag A/B +seen", "\"A/B\" is not the ID of a message"),
        ("flag", "required"),
    ] {
        let text = refusal(line);
        assert!(text.contains(expected), "{line}: {text}");
    }
}

fn own(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

#[test]
fn the_folder_stands_behind_the_messages() {
    let Command::Move(words) = command("move a b Lists/rust") else {
        panic!()
    };
    assert_eq!(words.checked(), Ok((own(&["a", "b"]), "Lists/rust")));
    for line in [
        "move Work",
        "move A Work",
        "archive",
        "archive A",
        "folder",
        "folder create",
    ] {
        refusal(line);
    }
    let Command::Folder(folder) = command("folder delete Work --yes --account home") else {
        panic!()
    };
    assert_eq!(folder.account.as_deref(), Some("home"));
    assert!(matches!(folder.deed, FolderDeed::Delete { yes: true, .. }));
}

#[test]
fn mistakes_are_usage_and_help_is_not() {
    for line in [
        "lst",
        "list --limit 0",
        "list --limit x",
        "--offline --online",
        "--picture 1x1",
        "--picture 120",
        "--picture 80x24 list",
        "completions tcsh",
        "folders extra",
    ] {
        refusal(line);
    }
    assert!(refusal("lst").contains("'list'"));
    for line in ["--help", "-h", "list --help", "--version", "flag --help"] {
        assert_eq!(read(line).expect_err(line).exit, Exit::Done, "{line}");
    }
}

#[test]
fn completions_name_the_commands() {
    for shell in [
        clap_complete::Shell::Bash,
        clap_complete::Shell::Zsh,
        clap_complete::Shell::Fish,
    ] {
        let mut text = Vec::new();
        write_completions(shell, &mut text).unwrap();
        assert!(
            String::from_utf8(text).unwrap().contains("folders"),
            "{shell}"
        );
    }
}
