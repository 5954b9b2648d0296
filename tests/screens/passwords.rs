//! Asking for a password, and offering to store the one that was right.

use sterna::app::model::Settings;
use sterna::app::overlay::Overlay;
use sterna::channel::effect::Effect;
use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::mail::account::Protocol;
use sterna::mail::secret::Secret;

use crate::harness::*;

const FILE: &str = "There is no keyring here. It would be kept in /home/anna/.local/share/sterna/passwords/home, which only you can read, but which is not encrypted.";

fn screen() -> Screen {
    Screen::new(inbox()).at(80, 24)
}

/// A server wants a password; why the last one did not do.
fn ask(screen: &mut Screen, protocol: Protocol, refusal: &str) {
    screen.send(Event::PasswordWanted {
        account: HOME,
        protocol,
        refusal: safe(refusal),
    });
}

/// The server took what was typed.
fn accept(screen: &mut Screen) {
    screen.send(Event::PasswordAccepted {
        account: HOME,
        place: safe(FILE),
    });
}

/// A screen on which the password that was typed was right.
fn offered() -> Screen {
    let mut screen = screen();
    accept(&mut screen);
    screen
}

fn is_asked_to_store(screen: &Screen) -> bool {
    matches!(screen.model.overlay, Some(Overlay::Store(_)))
}

fn n_stored(screen: &Screen) -> usize {
    let is_store = |effect: &&Effect| **effect == Effect::StorePassword(HOME);
    screen.effects.iter().filter(is_store).count()
}

#[test]
fn the_prompt_says_who_logs_in_where_and_a_refusal_says_it_itself() {
    let who = |protocol, text| (HOME, protocol, safe(text));
    let settings = Settings {
        logins: vec![
            who(Protocol::Imap, "anna@example.org at imap.example.org"),
            who(Protocol::Smtp, "anna-out at smtp.example.org"),
        ],
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox()).at(80, 24);
    ask(&mut screen, Protocol::Imap, "");
    assert!(screen.shows("anna@example.org at imap.example.org"));
    screen.press("esc");
    ask(&mut screen, Protocol::Smtp, "");
    assert!(screen.shows("anna-out at smtp.example.org"));
    screen.press("esc");
    ask(
        &mut screen,
        Protocol::Imap,
        "The server refused it for anna.",
    );
    assert!(screen.shows("refused it for anna.") && !screen.shows("anna@example.org at"));
}

#[test]
fn a_password_goes_to_its_account_and_is_never_shown() {
    let mut screen = screen();
    ask(&mut screen, Protocol::Imap, "");
    screen.type_text("hunter2q");
    screen.press("backspace");
    screen.send(Event::Paste("!\nrest".to_owned()));
    assert!(!screen.shows("hunter2"));
    assert!(!format!("{:?}", screen.model).contains("hunter2"));
    screen.press("enter");
    assert_eq!(
        screen.jobs().last(),
        Some(&&Job::Password(Secret::new("hunter2!".to_owned())))
    );
    ask(&mut screen, Protocol::Imap, "no");
    screen.press("esc");
    assert!(screen.shows("no password for home"));
}

#[test]
fn a_password_is_not_asked_for_in_the_middle_of_other_typing() {
    let mut screen = screen();
    screen.press("\\");
    ask(&mut screen, Protocol::Imap, "");
    screen.type_text("inv");
    assert_eq!(screen.model.list.limit, "inv");
    screen.press("enter");
    assert!(screen.shows("Password for home"));
}

#[test]
fn a_password_that_was_right_is_offered_for_storing() {
    let mut screen = offered();
    insta::assert_snapshot!(screen.text());
    // Neither stray keys nor pasted text decide it.
    screen.press("x enter space ctrl-y");
    screen.send(Event::Paste("y".to_owned()));
    assert!(is_asked_to_store(&screen));
    assert_eq!(n_stored(&screen), 0);
    screen.press("y");
    assert!(!is_asked_to_store(&screen));
    assert_eq!(n_stored(&screen), 1);
    screen.send(Event::PasswordStored {
        account: HOME,
        problem: None,
    });
    assert!(screen.shows("the password for home is stored"));
    screen.press("gP");
    assert!(screen.shows("no password was typed that could be stored"));
}

#[test]
fn no_is_no_until_the_user_asks() {
    for answer in ["n", "esc"] {
        let mut screen = offered();
        screen.press(answer);
        assert!(!is_asked_to_store(&screen));
        assert!(screen.shows("stays in memory until Sterna ends"));
        screen.press("j k");
        assert_eq!((is_asked_to_store(&screen), n_stored(&screen)), (false, 0));
        screen.press("gP y");
        assert_eq!(n_stored(&screen), 1);
    }
}

#[test]
fn a_password_that_could_not_be_stored_is_told_and_can_be_stored_again() {
    let mut screen = offered();
    screen.press("y");
    screen.send(Event::PasswordStored {
        account: HOME,
        problem: Some(safe("secret-tool: the collection is locked")),
    });
    assert!(screen.shows("the password for home could not be stored: secret-tool: "));
    screen.press("gP y");
    assert_eq!(n_stored(&screen), 2);
}

#[test]
fn the_question_waits_for_other_typing_and_for_passwords_that_are_wanted() {
    let mut screen = screen();
    screen.press("\\");
    accept(&mut screen);
    ask(&mut screen, Protocol::Imap, "");
    screen.type_text("inv");
    assert_eq!(screen.model.list.limit, "inv");
    screen.press("enter");
    assert!(screen.shows("Password for home"));
    screen.press("esc");
    assert!(is_asked_to_store(&screen));
}

#[test]
fn the_smallest_screen_has_room_for_both_questions() {
    let mut small = Screen::new(inbox()).at(40, 10);
    ask(
        &mut small,
        Protocol::Imap,
        &"The server refused it for a reason that is very long. ".repeat(9),
    );
    small.type_text("x");
    assert!(small.shows("› •") && small.shows("Esc stays offline"));
    small.press("esc");
    accept(&mut small);
    assert!(small.shows("Store the password for home?") && small.shows("y stores it"));
}

#[test]
fn a_password_for_sending_is_asked_for_beside_the_other_and_goes_there_alone() {
    let mut screen = screen();
    for (protocol, refusal) in [(Protocol::Imap, ""), (Protocol::Smtp, "smtp.x says: no")] {
        ask(&mut screen, protocol, refusal);
    }
    screen.type_text("one");
    screen.press("enter");
    assert!(screen.shows("Password for sending from home"));
    assert!(screen.shows("smtp.x says: no"));
    screen.type_text("two");
    screen.press("enter");
    let jobs = screen.jobs();
    let [.., first, second] = jobs.as_slice() else {
        panic!("{jobs:?}");
    };
    assert_eq!(**first, Job::Password(Secret::new("one".to_owned())));
    let own = Job::SubmissionPassword(Secret::new("two".to_owned()));
    assert_eq!(**second, own);
    ask(&mut screen, Protocol::Smtp, "no");
    screen.press("esc");
    assert!(screen.shows("its mail waits in the outbox"));
}
