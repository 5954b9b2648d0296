//! The user's own editor: `$VISUAL` or `$EDITOR`, without a shell. The mail lies in a private directory beside
//! `state.db` meanwhile; what a crash leaves there goes into the draft at the next start.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use crossbeam_channel::{Receiver, bounded};

use crate::channel::draft::DraftId;
use crate::channel::signal::Signal;
use crate::compose::template;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;
use crate::store::Store;

/// Where mail lies while an editor has it, in the data directory.
const DIRECTORY: &str = "editing";
/// The editor of last resort.
const USUAL: &str = "vi";
/// A larger file is no mail that somebody wrote.
const MAX_BYTES: u64 = 8 << 20;

/// How it went.
#[derive(Debug)]
pub enum Ended {
    /// The editor ended.
    Edited {
        /// The mail as it is now; `None` where it is as it was.
        composition: Option<Box<Composition>>,
        /// What went wrong, as a sentence; empty where nothing did.
        remark: SafeText,
    },
    /// Sterna is to end; the editor is left alone, and its file is found at the next start.
    Quit,
}

fn unedited(why: &str) -> Ended {
    Ended::Edited {
        composition: None,
        remark: SafeText::line(why),
    }
}

/// The program and its arguments.
fn argv() -> Result<Vec<String>, String> {
    let named = ["VISUAL", "EDITOR"].into_iter().find_map(|name| {
        let line = std::env::var(name).ok()?;
        (!line.trim().is_empty()).then_some((name, line))
    });
    let Some((name, line)) = named else {
        return Ok(vec![USUAL.to_owned()]);
    };
    match shell_words::split(&line) {
        Ok(words) if !words.is_empty() => Ok(words),
        _ => Err(format!("${name} cannot be read: a quote is not closed")),
    }
}

/// Lets the editor have a mail until it ends. The terminal is to be free.
pub fn edit(
    data: &Path,
    draft: Option<DraftId>,
    composition: &Composition,
    signals: &Receiver<Signal>,
) -> Ended {
    let path = match written(data, draft, composition) {
        Ok(path) => path,
        Err(error) => return unedited(&format!("not edited: {error}")),
    };
    let ended = match started(&path) {
        Ok(child) => match waited(child, signals) {
            Some(status) => read_back(&path, status, composition),
            None => return Ended::Quit,
        },
        Err(why) => unedited(&format!("not edited: {why}")),
    };
    let _ = std::fs::remove_file(&path);
    ended
}

fn written(data: &Path, draft: Option<DraftId>, composition: &Composition) -> io::Result<PathBuf> {
    let directory = data.join(DIRECTORY);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)?;
    let number = draft.map_or(0, |draft| draft.0);
    let path = directory.join(format!("draft-{number}-{}.eml", std::process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(template::write(composition).as_bytes())?;
    Ok(path)
}

fn started(path: &Path) -> Result<Child, String> {
    let words = argv()?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("no editor is named".to_owned());
    };
    let spawned = Command::new(program).args(arguments).arg(path).spawn();
    spawned.map_err(|error| format!("{program} could not be started: {error}"))
}

/// Waits for the editor; `None` where Sterna is to end before.
fn waited(mut child: Child, signals: &Receiver<Signal>) -> Option<io::Result<ExitStatus>> {
    let (sender, ended) = bounded(1);
    let thread = std::thread::Builder::new().name("editor".to_owned());
    thread
        .spawn(move || {
            let _ = sender.send(child.wait());
        })
        .ok()?;
    loop {
        crossbeam_channel::select! {
            recv(ended) -> status => return status.ok(),
            recv(signals) -> signal => match signal {
                Ok(Signal::Resumed) => {}
                Ok(Signal::Quit | Signal::TerminalGone) | Err(_) => return None,
            },
        }
    }
}

fn read_back(path: &Path, status: io::Result<ExitStatus>, composition: &Composition) -> Ended {
    match status {
        Ok(status) if status.success() => {}
        Ok(status) => {
            return unedited(&format!(
                "the editor ended with {status}: the mail is as it was"
            ));
        }
        Err(error) => return unedited(&format!("the editor's end is not known: {error}")),
    }
    let text = match text_of(path) {
        Ok(text) => text,
        Err(error) => return unedited(&format!("not read back: {error}")),
    };
    let (edited, remark) = match template::read(&text, composition) {
        Ok(edited) => (edited, SafeText::default()),
        Err(error) => (
            as_text(text, composition),
            SafeText::line(&format!("{error} All of it is in the text now.")),
        ),
    };
    Ended::Edited {
        composition: Some(Box::new(edited)),
        remark,
    }
}

/// Nothing is lost: what cannot be read as headers is text.
fn as_text(text: String, composition: &Composition) -> Composition {
    Composition {
        body: text,
        ..composition.clone()
    }
}

fn text_of(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::Error::other("it is too large"));
    }
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// Puts what editors left of processes that are gone into its drafts; how many mails that were.
pub fn recover(data: &Path, store: &Store) -> usize {
    let Ok(entries) = std::fs::read_dir(data.join(DIRECTORY)) else {
        return 0;
    };
    let left = entries.flatten().filter_map(|entry| {
        let (draft, process) = meant(entry.file_name().to_str()?)?;
        (!is_running(process)).then(|| (entry.path(), draft))
    });
    left.filter(|(path, draft)| {
        let is_kept = recovered(path, *draft, store).unwrap_or(false);
        if is_kept {
            let _ = std::fs::remove_file(path);
        }
        is_kept
    })
    .count()
}

/// The draft and the process of a file's name.
fn meant(name: &str) -> Option<(DraftId, i32)> {
    let rest = name.strip_prefix("draft-")?.strip_suffix(".eml")?;
    let (draft, process) = rest.split_once('-')?;
    Some((DraftId(draft.parse().ok()?), process.parse().ok()?))
}

fn is_running(process: i32) -> bool {
    let process = rustix::process::Pid::from_raw(process);
    process.is_some_and(|process| rustix::process::test_kill_process(process).is_ok())
}

/// Keeps the text of a file in its draft; as the text of a mail where its head cannot be read. False where there is no
/// draft to keep it in.
fn recovered(path: &Path, draft: DraftId, store: &Store) -> Option<bool> {
    let text = text_of(path).ok()?;
    let found = store.reader().ok()?.draft(draft).ok()?;
    let Some((account, composition)) = found else {
        return Some(false);
    };
    let edited = template::read(&text, &composition);
    let edited = edited.unwrap_or_else(|_| as_text(text, &composition));
    if edited != composition {
        let writer = store.writer();
        writer.save_draft_now(account, Some(draft), edited).ok()?;
    }
    Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_whose_it_is() {
        for (name, expected) in [
            ("draft-7-123.eml", Some((7, 123))),
            ("draft-7-123.eml~", None),
            ("draft-x-1.eml", None),
            ("other.eml", None),
        ] {
            let found = meant(name).map(|(draft, process)| (draft.0, process));
            assert_eq!(found, expected, "{name}");
        }
        let own = i32::try_from(std::process::id()).unwrap();
        assert!(is_running(own) && !is_running(0));
    }

    #[test]
    fn what_an_editor_had_when_a_process_ended_goes_into_its_draft() {
        let directory = tempfile::tempdir().unwrap();
        let paths = crate::config::paths::FilePaths::under(directory.path());
        paths.create().unwrap();
        let files = crate::store::Paths {
            data: paths.data.clone(),
            cache: paths.cache.clone(),
        };
        let settings = crate::runtime::opened::account("home");
        let (events, _news) = crossbeam_channel::unbounded();
        let store = Store::open(&files, &[settings], events).unwrap();
        let account = store.account("home").unwrap();
        let composition = Composition {
            to: "zoe@example.org".to_owned(),
            in_reply_to: Some("lunch@example.org".to_owned()),
            ..Composition::default()
        };
        let writer = store.writer();
        let draft = writer
            .save_draft_now(account, None, composition.clone())
            .unwrap();
        let path = written(&paths.data, Some(draft), &composition).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}Words of the last minute\n")).unwrap();
        assert_eq!(recover(&paths.data, &store), 0, "its process is running");

        let mut gone = Command::new("true").spawn().unwrap();
        gone.wait().unwrap();
        let left = path.with_file_name(format!("draft-{}-{}.eml", draft.0, gone.id()));
        std::fs::rename(&path, &left).unwrap();
        assert_eq!(recover(&paths.data, &store), 1);
        assert!(!left.exists());
        let (_, kept) = store.reader().unwrap().draft(draft).unwrap().unwrap();
        assert!(kept.body.contains("Words of the last minute"), "{kept:?}");
        assert_eq!(kept.to, "zoe@example.org");
        assert_eq!(kept.in_reply_to, composition.in_reply_to);
        drop(writer);
        store.close();
    }
}
