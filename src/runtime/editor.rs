//! The user's own editor: `$VISUAL` or `$EDITOR`, without a shell. The mail lies in a private directory beside
//! `state.db` meanwhile; what a crash leaves there goes into the draft at the next start.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};
use std::time::UNIX_EPOCH;

use crossbeam_channel::{Receiver, bounded};

use crate::app::text_area;
use crate::channel::draft::DraftId;
use crate::channel::error::StoreError;
use crate::compose::template;
use crate::mail::composition::Composition;
use crate::mail::safe_text::SafeText;
use crate::runtime::writing::moment;
use crate::store::Store;

/// Where mail lies while an editor has it, in the data directory.
const DIRECTORY: &str = "editing";
/// The editor of last resort.
const USUAL: &str = "vi";
/// A larger file is no mail that somebody wrote.
const MAX_BYTES: u64 = 8 << 20;

/// What an editor made of a mail.
#[derive(Debug)]
pub struct Edited {
    /// The mail as it is now; `None` where it is as it was.
    pub composition: Option<Box<Composition>>,
    /// What went wrong, as a sentence; empty where nothing did.
    pub remark: SafeText,
}

fn unedited(why: &str) -> Edited {
    Edited {
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

/// A mail while an editor has it: its file, and beside it a locked one, which tells others that somebody waits for it.
struct Lent {
    path: PathBuf,
    _lock: File,
}

/// A mail that an editor has. Dropped before the editor ended, it is found at the next start.
pub struct Running {
    lent: Lent,
    draft: Option<DraftId>,
    before: Composition,
    ended: Receiver<io::Result<ExitStatus>>,
}

/// Lets the editor have a mail. The terminal is to be free until it has ended.
///
/// # Errors
/// Nothing was begun, and why.
pub fn start(
    data: &Path,
    draft: Option<DraftId>,
    composition: &Composition,
) -> Result<Running, Edited> {
    let lent = written(data, draft, composition)
        .map_err(|error| unedited(&format!("not edited: {error}")))?;
    let child = started(&lent.path).map_err(|why| {
        remove(&lent.path);
        unedited(&format!("not edited: {why}"))
    })?;
    let ended = end_of(child).map_err(|error| {
        let lies = format!("its text lies in {}", lent.path.display());
        unedited(&format!("Nobody waits for the editor: {error}; {lies}"))
    })?;
    Ok(Running {
        lent,
        draft,
        before: composition.clone(),
        ended,
    })
}

/// Tells how a program ended, once it has.
fn end_of(mut child: Child) -> io::Result<Receiver<io::Result<ExitStatus>>> {
    let (sender, ended) = bounded(1);
    let thread = std::thread::Builder::new().name("editor".to_owned());
    thread.spawn(move || {
        let _ = sender.send(child.wait());
    })?;
    Ok(ended)
}

impl Running {
    /// Tells how the editor ended, once it has.
    #[must_use]
    pub const fn ended(&self) -> &Receiver<io::Result<ExitStatus>> {
        &self.ended
    }

    /// Takes in what the editor wrote; it is in the draft then.
    #[must_use]
    pub fn finish(self, status: io::Result<ExitStatus>, store: &Store) -> Edited {
        let ending = ending(status);
        taken_in(&self.lent.path, &ending, store, self.draft, &self.before)
    }
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

/// `None` where another process waits for the editor of this file.
fn locked(path: &Path) -> Option<File> {
    let mut options = OpenOptions::new();
    let options = options.write(true).create(true).truncate(false);
    let file = options.mode(0o600).open(lock_of(path)).ok()?;
    file.try_lock().ok()?;
    Some(file)
}

fn remove(path: &Path) {
    let _ = std::fs::remove_file(path);
    let _ = std::fs::remove_file(lock_of(path));
}

fn written(data: &Path, draft: Option<DraftId>, composition: &Composition) -> io::Result<Lent> {
    let directory = data.join(DIRECTORY);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)?;
    let number = draft.map_or(0, |draft| draft.0);
    let path = directory.join(format!("draft-{number}-{:032x}.eml", moment().random));
    let lock = locked(&path).ok_or_else(|| io::Error::other("its file could not be locked"))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(template::write(composition).as_bytes())?;
    Ok(Lent { path, _lock: lock })
}

fn started(path: &Path) -> Result<Child, String> {
    let words = argv()?;
    let Some((program, arguments)) = words.split_first() else {
        return Err("no editor is named".to_owned());
    };
    let spawned = Command::new(program).args(arguments).arg(path).spawn();
    spawned.map_err(|error| format!("{program} could not be started: {error}"))
}

/// How the editor ended, where that was not well; else empty.
fn ending(status: io::Result<ExitStatus>) -> String {
    match status {
        Ok(status) if status.success() => String::new(),
        Ok(status) => format!("The editor ended with {status}. "),
        Err(error) => format!("The editor's end is not known: {error}. "),
    }
}

/// What the editor wrote, however it ended. The file goes once its text is in the draft, or is the old one.
fn taken_in(
    path: &Path,
    ending: &str,
    store: &Store,
    draft: Option<DraftId>,
    before: &Composition,
) -> Edited {
    let lies = format!("its text lies in {}", path.display());
    let text = match text_of(path) {
        Ok(text) => text,
        Err(error) => return unedited(&format!("{ending}Not read back: {error}; {lies}")),
    };
    let is_nothing = text.is_empty() && !ending.is_empty();
    if is_nothing || text == template::write(before) {
        remove(path);
        return unedited(ending.trim_end());
    }
    let (edited, why) = understood(&text, before);
    if !text_area::fits(&edited.body) {
        return unedited(&format!(
            "{ending}Not read back: {}; {lies}",
            text_area::TOO_LONG
        ));
    }
    let remark = match keep(store, draft, &edited) {
        Ok(()) => {
            remove(path);
            format!("{ending}{why}")
        }
        Err(error) => format!("{ending}{why}Not in the draft yet: {error}; {lies}"),
    };
    Edited {
        composition: Some(Box::new(edited)),
        remark: SafeText::line(remark.trim_end()),
    }
}

/// The text as a mail, and what is odd about it.
fn understood(text: &str, before: &Composition) -> (Composition, String) {
    match template::read(text, before) {
        Ok(edited) => (edited, String::new()),
        Err(error) => (
            as_text(text, before),
            format!("{error} All of it is in the text now. "),
        ),
    }
}

/// Has a draft be what was edited, durably.
fn keep(store: &Store, draft: Option<DraftId>, edited: &Composition) -> Result<(), StoreError> {
    let Some(draft) = draft else {
        return Err(StoreError::Gone);
    };
    let (account, _) = store.reader()?.draft(draft)?.ok_or(StoreError::Gone)?;
    let writer = store.writer();
    writer.save_draft_now(account, Some(draft), edited.clone())?;
    Ok(())
}

/// Nothing is lost: what cannot be read as headers is text.
fn as_text(text: &str, composition: &Composition) -> Composition {
    Composition {
        body: text.to_owned(),
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
        let draft = meant(entry.file_name().to_str()?)?;
        let lock = locked(&entry.path())?;
        Some((entry.path(), draft, lock))
    });
    left.filter(|(path, draft, _lock)| {
        let is_kept = recovered(path, *draft, store).unwrap_or(false);
        if is_kept {
            remove(path);
        }
        is_kept
    })
    .count()
}

/// The draft of a file's name.
fn meant(name: &str) -> Option<DraftId> {
    let rest = name.strip_prefix("draft-")?.strip_suffix(".eml")?;
    let (draft, random) = rest.split_once('-')?;
    let is_ours = !random.is_empty() && random.chars().all(|c| c.is_ascii_hexdigit());
    is_ours.then_some(DraftId(draft.parse().ok()?))
}

/// Keeps the text of a file in its draft, or in a new one where the draft was changed since; as the text of a mail where
/// its head cannot be read. False where there is no draft to keep it in.
fn recovered(path: &Path, draft: DraftId, store: &Store) -> Option<bool> {
    let text = text_of(path).ok()?;
    let mut reader = store.reader().ok()?;
    let Some((account, composition)) = reader.draft(draft).ok()? else {
        return Some(false);
    };
    let (edited, _) = understood(&text, &composition);
    if edited != composition {
        let rows = reader.drafts().ok()?;
        let row = rows.iter().find(|row| row.id == draft);
        let is_newer = row.is_none_or(|row| row.changed > written_at(path));
        let place = (!is_newer).then_some(draft);
        let writer = store.writer();
        writer.save_draft_now(account, place, edited).ok()?;
    }
    Some(true)
}

/// When a file was written, in seconds since the epoch; 0 where nobody knows.
fn written_at(path: &Path) -> i64 {
    let modified = std::fs::metadata(path).and_then(|known| known.modified());
    let since = modified
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Kept {
        data: PathBuf,
        store: Store,
        draft: DraftId,
        composition: Composition,
        _news: Receiver<crate::channel::event::Event>,
        _directory: tempfile::TempDir,
    }

    /// A store with a draft in it.
    fn kept() -> Kept {
        let directory = tempfile::tempdir().unwrap();
        let paths = crate::config::paths::FilePaths::under(directory.path());
        paths.create().unwrap();
        let files = crate::store::Paths {
            data: paths.data.clone(),
            cache: paths.cache.clone(),
        };
        let settings = crate::runtime::opened::account("home");
        let (events, news) = crossbeam_channel::unbounded();
        let store = Store::open(&files, &[settings], events).unwrap();
        let account = store.account("home").unwrap();
        let composition = Composition {
            to: "zoe@example.org".to_owned(),
            in_reply_to: Some("lunch@example.org".to_owned()),
            ..Composition::default()
        };
        let writer = store.writer();
        let draft = writer.save_draft_now(account, None, composition.clone());
        Kept {
            data: paths.data,
            draft: draft.unwrap(),
            composition,
            store,
            _news: news,
            _directory: directory,
        }
    }

    impl Kept {
        fn body(&self) -> String {
            let found = self.store.reader().unwrap().draft(self.draft);
            found.unwrap().unwrap().1.body
        }

        fn lent(&self, draft: Option<DraftId>, words: &str) -> Lent {
            let lent = written(&self.data, draft, &self.composition).unwrap();
            let text = std::fs::read_to_string(&lent.path).unwrap();
            std::fs::write(&lent.path, format!("{text}{words}")).unwrap();
            lent
        }

        /// The text that was taken in, if any, and the remark.
        fn taken_in(
            &self,
            lent: &Lent,
            ending: &str,
            draft: Option<DraftId>,
        ) -> (Option<String>, String) {
            let edited = taken_in(&lent.path, ending, &self.store, draft, &self.composition);
            let body = edited.composition.map(|mail| mail.body);
            (body, edited.remark.to_string())
        }
    }

    #[test]
    fn a_file_says_whose_it_is() {
        for (name, expected) in [
            ("draft-7-12ab.eml", Some(7)),
            ("draft-7-12ab.eml~", None),
            ("draft-7-12ab.lock", None),
            ("draft-x-1.eml", None),
            ("draft-7-.eml", None),
            ("other.eml", None),
        ] {
            assert_eq!(meant(name).map(|draft| draft.0), expected, "{name}");
        }
    }

    #[test]
    fn the_file_goes_once_its_text_is_in_the_draft_and_not_before() {
        let kept = kept();
        let draft = Some(kept.draft);
        let lent = kept.lent(draft, "Well ended\n");
        let (body, remark) = kept.taken_in(&lent, "", draft);
        assert_eq!(
            (body.as_deref(), remark.as_str()),
            (Some("Well ended\n"), "")
        );
        assert_eq!(
            kept.body(),
            "Well ended\n",
            "durable before the screen has it"
        );
        assert!(!lent.path.exists() && !lock_of(&lent.path).exists());
        // What cannot be put into a draft stays in the file.
        let lent = kept.lent(None, "No draft yet\n");
        let (body, remark) = kept.taken_in(&lent, "", None);
        assert_eq!(body.as_deref(), Some("No draft yet\n"));
        assert!(
            remark.contains("its text lies in") && lent.path.exists(),
            "{remark}"
        );
    }

    #[test]
    fn the_text_of_an_editor_that_failed_is_not_lost() {
        let kept = kept();
        let draft = Some(kept.draft);
        let lent = kept.lent(draft, "Half an hour\n");
        let (body, remark) = kept.taken_in(&lent, "The editor ended with signal: 9. ", draft);
        assert_eq!(body.as_deref(), Some("Half an hour\n"));
        assert_eq!(kept.body(), "Half an hour\n");
        assert_eq!(remark, "The editor ended with signal: 9.");
        // As it was, or nothing at all: the mail stands.
        for text in [template::write(&kept.composition), String::new()] {
            let lent = kept.lent(draft, "");
            std::fs::write(&lent.path, text).unwrap();
            assert_eq!(kept.taken_in(&lent, "It failed. ", draft).0, None);
            assert_eq!(kept.body(), "Half an hour\n");
        }
        // What cannot be read, or is too long, stays where it is.
        let long = "a line of a log\n".repeat(text_area::MAX_BYTES / 16 + 1);
        for words in [long, "x".repeat(usize::try_from(MAX_BYTES).unwrap())] {
            let lent = kept.lent(draft, &words);
            let (body, remark) = kept.taken_in(&lent, "", draft);
            assert_eq!(body, None);
            assert!(remark.contains("its text lies in"), "{remark}");
            assert!(std::fs::metadata(&lent.path).unwrap().len() >= words.len() as u64);
            assert_eq!(kept.body(), "Half an hour\n");
        }
    }

    #[test]
    fn what_an_editor_had_when_a_process_ended_goes_into_its_draft() {
        let kept = kept();
        let lent = kept.lent(Some(kept.draft), "Words of the last minute\n");
        assert_eq!(recover(&kept.data, &kept.store), 0, "somebody waits for it");
        let path = lent.path.clone();
        drop(lent);
        assert_eq!(recover(&kept.data, &kept.store), 1);
        assert!(!path.exists());
        let found = kept.store.reader().unwrap().draft(kept.draft);
        let (_, mail) = found.unwrap().unwrap();
        assert_eq!(mail.body, "Words of the last minute\n");
        assert_eq!(
            (mail.to, mail.in_reply_to),
            (kept.composition.to, kept.composition.in_reply_to)
        );
    }

    #[test]
    fn what_was_typed_since_stays_beside_what_an_editor_left() {
        let kept = kept();
        let lent = kept.lent(Some(kept.draft), "Left\n");
        let file = File::options().write(true).open(&lent.path).unwrap();
        file.set_modified(UNIX_EPOCH + std::time::Duration::from_hours(1))
            .unwrap();
        drop((lent, file));
        assert_eq!(recover(&kept.data, &kept.store), 1);
        assert_eq!(kept.body(), "");
        assert_eq!(kept.store.reader().unwrap().drafts().unwrap().len(), 2);
    }
}
