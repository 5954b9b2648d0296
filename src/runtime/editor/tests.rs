//! Editors that end well, badly or not at all.

use super::*;
use crate::channel::draft::Draft;
use crate::compose::check::check;
use crate::mail::composition::Warning;

struct Kept {
    data: PathBuf,
    store: Store,
    account: AccountId,
    base: Base,
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
    let saved = writer.save_draft_now(account, Base::New, composition.clone());
    Kept {
        data: paths.data,
        account,
        base: Base::Draft(saved.unwrap()),
        composition,
        store,
        _news: news,
        _directory: directory,
    }
}

impl Kept {
    fn draft(&self) -> Draft {
        let id = self.base.draft().unwrap();
        self.store.reader().unwrap().draft(id).unwrap().unwrap()
    }

    fn body(&self) -> String {
        self.draft().composition.body
    }

    fn n_drafts(&self) -> usize {
        self.store.reader().unwrap().drafts().unwrap().len()
    }

    /// As it is now.
    fn now(&self) -> Base {
        Base::Draft(self.draft().revision)
    }

    fn loan(&self, base: Base) -> Loan {
        Loan {
            account: self.account,
            base,
            composition: self.composition.clone(),
        }
    }

    fn lent(&self, base: Base, words: &str) -> Lent {
        let lent = written(&self.data, &self.loan(base)).unwrap();
        let text = std::fs::read_to_string(&lent.path).unwrap();
        std::fs::write(&lent.path, format!("{text}{words}")).unwrap();
        lent
    }

    /// The text that was taken in, if any, and the remark.
    fn taken_in(&self, lent: &Lent, ending: &str, base: Base) -> (Option<String>, String) {
        let edited = taken_in(&lent.path, ending, &self.store, &self.loan(base));
        let body = edited.composition.map(|mail| mail.body);
        (body, edited.remark.to_string())
    }
}

#[test]
fn a_file_says_whose_it_is() {
    for (name, expected) in [
        ("draft-2-7-3-12ab.eml", Some((Some(2), 7, 3))),
        ("draft-2-0-0-12ab.eml", Some((Some(2), 0, 0))),
        ("draft-2-7-3-12ab.eml~", None),
        ("draft-2-7-3-12ab.lock", None),
        ("draft-7-12ab.eml", Some((None, 7, 0))),
        ("draft-2-7-12ab.eml", None),
        ("draft-x-7-3-1.eml", None),
        ("draft-2-7-3-.eml", None),
        ("other.eml", None),
    ] {
        let found = meant(name)
            .map(|(account, seen)| (account.map(AccountId::get), seen.draft.0, seen.number));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn the_file_goes_once_its_text_is_in_the_draft_and_not_before() {
    let kept = kept();
    let lent = kept.lent(kept.base, "Well ended\n");
    let (body, remark) = kept.taken_in(&lent, "", kept.base);
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
    // What was never a draft becomes one.
    let lent = kept.lent(Base::New, "No draft yet\n");
    let (body, remark) = kept.taken_in(&lent, "", Base::New);
    assert_eq!(
        (body.as_deref(), remark.as_str()),
        (Some("No draft yet\n"), "")
    );
    assert!(!lent.path.exists());
    assert_eq!((kept.body().as_str(), kept.n_drafts()), ("Well ended\n", 2));
}

#[test]
fn what_cannot_be_put_into_a_draft_stays_in_the_file() {
    let mut kept = kept();
    kept.account = AccountId::new(77); // There is no such account.
    let lent = kept.lent(Base::New, "Homeless\n");
    let (body, remark) = kept.taken_in(&lent, "", Base::New);
    assert_eq!(body.as_deref(), Some("Homeless\n"));
    assert!(
        remark.contains("its text lies in") && lent.path.exists(),
        "{remark}"
    );
}

#[test]
fn a_draft_that_was_changed_while_its_editor_was_open_stays_beside_what_that_wrote() {
    let kept = kept();
    let lent = kept.lent(kept.base, "Here\n");
    let elsewhere = Composition {
        body: "There\n".to_owned(),
        ..kept.composition.clone()
    };
    let writer = kept.store.writer();
    let saved = writer.save_draft_now(kept.account, kept.base, elsewhere);
    saved.unwrap();
    let (body, remark) = kept.taken_in(&lent, "", kept.base);
    assert_eq!(body.as_deref(), Some("Here\n"));
    assert!(remark.contains("a draft of its own"), "{remark}");
    assert_eq!((kept.body().as_str(), kept.n_drafts()), ("There\n", 2));
}

#[test]
fn the_text_of_an_editor_that_failed_is_not_lost() {
    let kept = kept();
    let lent = kept.lent(kept.base, "Half an hour\n");
    let ending = "The editor ended with signal: 9. ";
    let (body, remark) = kept.taken_in(&lent, ending, kept.base);
    assert_eq!(body.as_deref(), Some("Half an hour\n"));
    assert_eq!(kept.body(), "Half an hour\n");
    assert_eq!(remark, "The editor ended with signal: 9.");
    // As it was, or nothing at all: the mail stands.
    for text in [template::write(&kept.composition), String::new()] {
        let lent = kept.lent(kept.now(), "");
        std::fs::write(&lent.path, text).unwrap();
        assert_eq!(kept.taken_in(&lent, "It failed. ", kept.now()).0, None);
        assert_eq!(kept.body(), "Half an hour\n");
    }
    // What cannot be read, or is too long, stays where it is.
    let long = "a line of a log\n".repeat(text_area::MAX_BYTES / 16 + 1);
    for words in [long, "x".repeat(usize::try_from(MAX_BYTES).unwrap())] {
        let lent = kept.lent(kept.now(), &words);
        let (body, remark) = kept.taken_in(&lent, "", kept.now());
        assert_eq!(body, None);
        assert!(remark.contains("its text lies in"), "{remark}");
        assert!(std::fs::metadata(&lent.path).unwrap().len() >= words.len() as u64);
        assert_eq!(kept.body(), "Half an hour\n");
    }
}

#[test]
fn what_an_editor_had_when_a_process_ended_goes_into_its_draft() {
    let kept = kept();
    let lent = kept.lent(kept.base, "Words of the last minute\n");
    assert_eq!(recover(&kept.data, &kept.store), 0, "somebody waits for it");
    let path = lent.path.clone();
    drop(lent);
    assert_eq!(recover(&kept.data, &kept.store), 1);
    assert!(!path.exists());
    let mail = kept.draft().composition;
    assert_eq!(mail.body, "Words of the last minute\n");
    assert_eq!(
        (&mail.to, &mail.in_reply_to),
        (&kept.composition.to, &kept.composition.in_reply_to)
    );
    // A file that was being written just then says nothing.
    let lent = kept.lent(kept.now(), "");
    std::fs::write(&lent.path, "").unwrap();
    drop(lent);
    assert_eq!(recover(&kept.data, &kept.store), 0);
    assert_eq!(kept.draft().composition, mail);
}

/// A head with a line that nobody can read, and a changed recipient.
const BAD_HEAD: &str =
    "To: bob@example.org\nBcc: secret@example.org\nX-Priority: 1\nSubject: Lunch\n\nSee you\n";

fn assert_read_but_for_one_line(mail: &Composition) {
    assert_eq!(
        (mail.to.as_str(), mail.bcc.as_str(), mail.subject.as_str()),
        ("bob@example.org", "secret@example.org", "Lunch")
    );
    assert_eq!(mail.body, "X-Priority: 1\n\nSee you\n");
    let warnings = check(mail, &[]);
    let unread = Warning::UnreadHead("X-Priority: 1".to_owned());
    assert_eq!(warnings, [unread]);
}

#[test]
fn a_bad_line_of_the_head_costs_itself_only_and_is_asked_about_also_after_a_crash() {
    let kept = kept();
    let lent = kept.lent(kept.base, "");
    std::fs::write(&lent.path, BAD_HEAD).unwrap();
    let edited = taken_in(&lent.path, "", &kept.store, &kept.loan(kept.base));
    assert_read_but_for_one_line(&edited.composition.unwrap());
    assert!(
        edited.remark.as_str().contains("Line 3"),
        "{}",
        edited.remark
    );
    assert_read_but_for_one_line(&kept.draft().composition);
    // The process ended with the editor open.
    let lent = kept.lent(kept.now(), "");
    std::fs::write(&lent.path, BAD_HEAD.replace("See you", "See you then")).unwrap();
    drop(lent);
    assert_eq!(recover(&kept.data, &kept.store), 1);
    let mail = kept.draft().composition;
    assert_read_but_for_one_line(&Composition {
        body: mail.body.replace(" then", ""),
        ..mail.clone()
    });
    // Taken out of the text, it is no question any more.
    let mended = Composition {
        body: "See you\n".to_owned(),
        ..mail
    };
    assert!(check(&mended, &[]).is_empty());
}

#[test]
fn what_was_typed_since_stays_beside_what_an_editor_left() {
    let kept = kept();
    drop(kept.lent(kept.base, "Left\n"));
    let since = Composition {
        body: "Since\n".to_owned(),
        ..kept.composition.clone()
    };
    let writer = kept.store.writer();
    let saved = writer.save_draft_now(kept.account, kept.base, since);
    saved.unwrap();
    assert_eq!(recover(&kept.data, &kept.store), 1);
    assert_eq!((kept.body().as_str(), kept.n_drafts()), ("Since\n", 2));
}

#[test]
fn what_an_editor_left_of_no_draft_or_of_one_that_is_gone_becomes_one() {
    let kept = kept();
    drop(kept.lent(Base::New, "Never kept\n"));
    drop(kept.lent(kept.base, "Gone\n"));
    let Base::Draft(seen) = kept.base else {
        panic!("{:?}", kept.base);
    };
    assert!(kept.store.writer().discard_draft_now(seen).unwrap());
    assert_eq!(recover(&kept.data, &kept.store), 2);
    assert_eq!(kept.n_drafts(), 2);
    assert_eq!(recover(&kept.data, &kept.store), 0, "each once");
}

#[test]
fn what_an_older_version_left_comes_back_too() {
    let kept = kept();
    let lent = kept.lent(kept.base, "Of old\n");
    let old = lent
        .path
        .with_file_name(format!("draft-{}-12ab.eml", kept.base.draft().unwrap().0));
    std::fs::rename(&lent.path, &old).unwrap();
    drop(lent);
    assert_eq!(recover(&kept.data, &kept.store), 1);
    assert_eq!((kept.body().as_str(), kept.n_drafts()), ("", 2));
    assert!(!old.exists());
}
