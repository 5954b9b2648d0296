//! The user's own editor: `$VISUAL` or `$EDITOR`, without a shell. The mail lies in a private directory beside
//! `state.db` meanwhile; what a crash leaves there goes into the draft at the next start.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus};

use crossbeam_channel::{Receiver, bounded};

use crate::app::text_area;
use crate::app::update::composer::drafts::BOTH_STAY;
use crate::channel::draft::{Base, DraftId, Revision};
use crate::compose::template;
use crate::mail::account::AccountId;
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
    /// The draft that has it; `None` where none has, or it is as it was.
    pub saved: Option<Revision>,
    /// What went wrong, as a sentence; empty where nothing did.
    pub remark: SafeText,
}

fn unedited(why: &str) -> Edited {
    Edited {
        composition: None,
        saved: None,
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

/// A mail that an editor gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loan {
    /// From which account it is to be sent.
    pub account: AccountId,
    /// Its draft.
    pub base: Base,
    /// Everything as typed.
    pub composition: Composition,
}

/// A mail while an editor has it: its file, and beside it a locked one, which tells others that somebody waits for it. The
/// file itself may become another one with every save.
struct Lent {
    path: PathBuf,
    _lock: File,
}

/// A mail that an editor has. Dropped before the editor ended, it is found at the next start.
pub struct Running {
    lent: Lent,
    loan: Loan,
    ended: Receiver<io::Result<ExitStatus>>,
}

/// Lets the editor have a mail. The terminal is to be free until it has ended.
///
/// # Errors
/// Nothing was begun, and why.
pub fn start(data: &Path, loan: Loan) -> Result<Running, Edited> {
    let lent = written(data, &loan).map_err(|error| unedited(&format!("not edited: {error}")))?;
    let child = started(&lent.path).map_err(|why| {
        remove(&lent.path);
        unedited(&format!("not edited: {why}"))
    })?;
    let ended = end_of(child).map_err(|error| {
        let lies = format!("its text lies in {}", lent.path.display());
        unedited(&format!("Nobody waits for the editor: {error}; {lies}"))
    })?;
    Ok(Running { lent, loan, ended })
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
        taken_in(&self.lent.path, &ending, store, &self.loan)
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

fn written(data: &Path, loan: &Loan) -> io::Result<Lent> {
    let directory = data.join(DIRECTORY);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&directory)?;
    let path = directory.join(name(loan, moment().random));
    let lock = locked(&path).ok_or_else(|| io::Error::other("its file could not be locked"))?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&path)?;
    file.write_all(template::write(&loan.composition).as_bytes())?;
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
fn taken_in(path: &Path, ending: &str, store: &Store, loan: &Loan) -> Edited {
    let before = &loan.composition;
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
    let writer = store.writer();
    let kept = writer.save_draft_now(loan.account, loan.base, edited.clone());
    let draft = loan.base.draft();
    let (saved, remark) = match kept {
        Ok(saved) => {
            remove(path);
            let is_other = draft.is_some_and(|draft| draft != saved.draft);
            let both = if is_other { BOTH_STAY } else { "" };
            (Some(saved), format!("{ending}{why}{both}"))
        }
        Err(error) => {
            let remark = format!("{ending}{why}Not in the draft yet: {error}; {lies}");
            (None, remark)
        }
    };
    Edited {
        composition: Some(Box::new(edited)),
        saved,
        remark: SafeText::line(remark.trim_end()),
    }
}

/// The text as a mail, and what is odd about it.
fn understood(text: &str, before: &Composition) -> (Composition, String) {
    let (edited, problem) = template::read(text, before);
    let why = problem.map_or_else(String::new, |problem| {
        format!("{problem} What could not be read stands on top of the text. ")
    });
    (edited, why)
}

fn text_of(path: &Path) -> io::Result<String> {
    if std::fs::metadata(path)?.len() > MAX_BYTES {
        return Err(io::Error::other("it is too large"));
    }
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// Puts what editors left of processes that are gone into drafts; how many mails that were.
pub fn recover(data: &Path, store: &Store) -> usize {
    let Ok(entries) = std::fs::read_dir(data.join(DIRECTORY)) else {
        return 0;
    };
    let left = entries.flatten().filter_map(|entry| {
        let (account, revision) = meant(entry.file_name().to_str()?)?;
        let lock = locked(&entry.path())?;
        Some((entry.path(), account, revision, lock))
    });
    left.filter(|(path, account, revision, _lock)| {
        let kept = recovered(path, *account, *revision, store);
        if kept.is_some() {
            remove(path);
        }
        kept == Some(true)
    })
    .count()
}

/// The name of a file says whose it is, and of which revision of a draft it was made; 0 for none.
fn name(loan: &Loan, random: u128) -> String {
    let (draft, number) = match loan.base {
        Base::Draft(revision) => (revision.draft.0, revision.number),
        Base::New | Base::Server(_) => (0, 0),
    };
    format!(
        "draft-{}-{draft}-{number}-{random:032x}.eml",
        loan.account.get()
    )
}

/// What the name of a file says; no account where it is one that an older version gave.
fn meant(name: &str) -> Option<(Option<AccountId>, Revision)> {
    let rest = name.strip_prefix("draft-")?.strip_suffix(".eml")?;
    let words: Vec<&str> = rest.split('-').collect();
    let (account, draft, number, random) = match words.as_slice() {
        [account, draft, number, random] => {
            let account = AccountId::new(account.parse().ok()?);
            (Some(account), draft, *number, random)
        }
        [draft, random] => (None, draft, "0", random),
        _ => return None,
    };
    let is_ours = !random.is_empty() && random.chars().all(|c| c.is_ascii_hexdigit());
    let revision = Revision {
        draft: DraftId(draft.parse().ok()?),
        number: number.parse().ok()?,
    };
    is_ours.then_some((account, revision))
}

/// Keeps the text of a file in its draft, or in a new one where that was changed since or is gone; what of its head cannot
/// be read in the text, of which the draft knows. False where it says nothing new.
fn recovered(
    path: &Path,
    account: Option<AccountId>,
    seen: Revision,
    store: &Store,
) -> Option<bool> {
    let text = text_of(path).ok()?;
    let before = store.reader().ok()?.draft(seen.draft).ok()?;
    let account = account.or(before.as_ref().map(|draft| draft.account))?;
    let before = before.map(|draft| draft.composition).unwrap_or_default();
    let (edited, _) = understood(&text, &before);
    // Editors empty a file before they write it.
    if text.is_empty() || edited == before {
        return Some(false);
    }
    let writer = store.writer();
    let saved = writer.save_draft_now(account, Base::Draft(seen), edited);
    saved.ok().map(|_| true)
}

#[cfg(test)]
mod tests;
