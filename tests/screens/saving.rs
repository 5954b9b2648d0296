//! Saving attachments: choosing, naming the directory, parts that have to come first, and cancelling.

use sterna::app::model::Settings;
use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Event, PartState};
use sterna::channel::job::Job;
use sterna::channel::save::{SaveOutcome, SaveRequest};
use sterna::command::preset::Pane;
use sterna::mail::part::PartPath;
use sterna::mail::styled::TextForm;

use crate::harness::*;

fn opened(columns: u16, rows: u16) -> Screen {
    let settings = Settings {
        downloads: "/home/anna/Downloads".to_owned(),
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox()).at(columns, rows);
    screen.press("enter");
    screen
}

fn request(screen: &Screen) -> SaveRequest {
    let effects = screen.effects.iter().rev();
    let mut requests = effects.filter_map(|effect| match effect {
        Effect::Save(request) => Some(request.clone()),
        _ => None,
    });
    requests.next().expect("a request")
}

fn answer(screen: &mut Screen, outcome: SaveOutcome) {
    let serial = request(screen).serial;
    screen.send(Event::Save { serial, outcome });
}

fn part(screen: &mut Screen, state: PartState) {
    let SaveRequest { message, paths, .. } = request(screen);
    screen.send(Event::Part {
        message,
        path: paths[0].clone(),
        state,
    });
}

fn coming(n_done: u64) -> PartState {
    PartState::Coming {
        n_done,
        n_total: 1_250_000,
    }
}

/// Up to the part being asked for.
fn fetching() -> Screen {
    let mut screen = opened(80, 24);
    screen.press("S enter");
    let paths = request(&screen).paths;
    answer(&mut screen, SaveOutcome::Missing(paths));
    screen
}

#[test]
fn the_key_for_it_is_shown_where_there_is_something_to_save() {
    let mut screen = opened(160, 45);
    assert!(screen.shows("S save"));
    screen.press("q");
    assert!(!screen.shows("S save"), "in the list");
    let mut none = Screen::new(inbox()).at(160, 45);
    none.n_attachments = 0;
    none.press("j enter");
    none.ring_previews();
    assert!(!none.shows("S save"));
}

#[test]
fn the_only_attachment_is_saved_where_downloads_go() {
    let mut screen = opened(80, 24);
    screen.press("S");
    insta::assert_snapshot!("save_to_80x24", screen.text());
    screen.press("enter");
    let asked = request(&screen);
    assert_eq!(asked.paths, [PartPath::new(vec![2])]);
    assert_eq!(asked.directory, "/home/anna/Downloads");
    answer(
        &mut screen,
        SaveOutcome::Saved {
            names: vec![safe("menu (2).pdf")],
            directory: safe("/home/anna/Downloads"),
        },
    );
    assert!(screen.shows("saved menu (2).pdf in /home/anna/Downloads"));
    assert!(screen.model.saves.open.is_empty());
}

#[test]
fn the_directory_that_was_typed_is_offered_the_next_time() {
    let mut screen = opened(80, 24);
    screen.press("S ctrl-u");
    screen.type_text("~/x").press("enter");
    assert_eq!(request(&screen).directory, "~/x");
    screen.press("S");
    assert!(screen.shows("save menu.pdf (1.2 MB) to: ~/x"));
    screen.press("ctrl-u enter");
    assert!(screen.shows("no directory was named"));
    screen.press("S esc");
    assert!(screen.model.overlay.is_none());
}

#[test]
fn of_several_attachments_one_or_all_are_chosen() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.n_attachments = 3;
    screen.press("enter A");
    insta::assert_snapshot!("attachments_80x24", screen.text());
    screen.press("2");
    assert!(screen.shows("save menu-2.pdf (1.2 MB) to:"));
    screen.press("esc S G j j j j enter");
    assert!(screen.shows("save 3 attachments (3.7 MB) to:"));
    screen.type_text("/tmp").press("enter");
    assert_eq!(request(&screen).paths.len(), 3);
    screen.press("S 9 q");
    assert!(screen.model.overlay.is_none());
    screen.press("q j j enter S");
    assert!(screen.shows("this message has no attachments"));
}

#[test]
fn from_the_list_the_message_is_opened_first_and_the_command_goes_on_with_its_text() {
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.press("S");
    assert_eq!(screen.model.focus, Pane::Message);
    assert!(screen.shows("save menu.pdf (1.2 MB) to:"));
    screen.press("esc q");
    screen.n_attachments = 3;
    screen.press("j j j k k k A");
    assert!(screen.shows("Enter or a number saves"), "{}", screen.text());

    // The text comes after the reader has gone on: nothing opens by itself.
    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.answers = false;
    screen.press("A esc");
    let (message, mailbox) = (screen.rows[0].key.message, screen.rows[0].mailbox);
    let late = screen.message(message, mailbox, 78, TextForm::Plain);
    screen.send(late);
    assert!(screen.model.overlay.is_none());

    let mut screen = Screen::new(inbox()).at(80, 24);
    screen.has_bodies = false;
    screen.press("A esc A");
    assert!(screen.shows("the text of this message is not on this machine"));
}

#[test]
fn a_part_that_is_not_here_is_fetched_with_its_progress_shown_and_keys_go_on_working() {
    let mut screen = fetching();
    assert!(matches!(screen.jobs().last(), Some(Job::WantPart(_))));
    assert!(screen.shows("fetching menu.pdf: 0 B of 1.2 MB"));
    part(&mut screen, coming(524_288));
    assert!(screen.shows("fetching menu.pdf: 524 kB of 1.2 MB"));
    insta::assert_snapshot!("fetching_80x24", screen.text());
    screen.press("q j");
    assert_eq!(screen.subject(), "Re: Invoice 2026-031");
    let n_asked = |screen: &Screen| {
        let effects = screen.effects.iter();
        effects
            .filter(|effect| matches!(effect, Effect::Save(_)))
            .count()
    };
    assert_eq!(n_asked(&screen), 1);
    part(&mut screen, PartState::Here);
    assert_eq!(n_asked(&screen), 2, "now it can be written");
    answer(
        &mut screen,
        SaveOutcome::Saved {
            names: vec![safe("menu.pdf")],
            directory: safe("/tmp"),
        },
    );
    assert!(screen.shows("saved menu.pdf in /tmp") && !screen.shows("fetching"));
}

#[test]
fn ctrl_c_cancels_and_late_news_change_nothing() {
    let mut screen = fetching();
    screen.press("ctrl-c");
    assert!(screen.shows("menu.pdf: cancelled, S goes on from there"));
    assert!(matches!(screen.jobs().last(), Some(Job::CancelPart(_))));
    part(&mut screen, coming(900_000));
    part(&mut screen, PartState::Here);
    assert!(!screen.shows("fetching") && !screen.shows("saving"));
    screen.press("ctrl-c");
    assert!(screen.shows("press Q to quit"));
}

#[test]
fn what_goes_wrong_is_said() {
    let mut screen = fetching();
    part(
        &mut screen,
        PartState::Failed(RemoteError::Refused {
            action: "give the part",
            text: safe("not today"),
        }),
    );
    assert!(screen.shows("menu.pdf was not saved: the server would not give the part."));
    screen.press("S enter");
    answer(
        &mut screen,
        SaveOutcome::Failed(safe("/x is not a directory")),
    );
    assert!(screen.shows("menu.pdf was not saved: /x is not a directory"));
    assert!(screen.model.saves.open.is_empty());
}

#[test]
fn what_metering_holds_back_says_what_it_costs_and_how_to_have_it() {
    let settings = Settings {
        metered: vec![HOME],
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox());
    screen.has_bodies = false;
    screen.folders[0].total = Some(20);
    let mut screen = screen.at(100, 30);
    let message = screen.model.message.wanted.unwrap().message;
    let error = RemoteError::Metered {
        bytes: 1_200_000,
        limit: 500_000,
    };
    screen.send(Event::BodyFailed { message, error });
    insta::assert_snapshot!("metered_100x30", screen.text());
    screen.press("zm");
    assert!(matches!(
        screen.jobs().last(),
        Some(Job::FetchAnyway { .. })
    ));
    assert!(screen.shows("Fetching the message."));
    screen.press("zm");
    assert!(matches!(screen.jobs().last(), Some(Job::FetchMore(INBOX))));
    assert!(screen.shows("fetching more headers"));
}

#[test]
fn changes_that_metering_holds_back_are_told_and_fetched() {
    let settings = Settings {
        metered: vec![HOME],
        ..Settings::default()
    };
    let mut screen = Screen::with(settings, inbox());
    screen.folders[0].has_old_flags = true;
    let mut screen = screen.at(100, 30);
    assert!(screen.shows("Flags of older messages are as they were seen last. zm fetches more."));
    screen.press("zm");
    assert!(matches!(screen.jobs().last(), Some(Job::FetchMore(INBOX))));
    assert!(screen.shows("fetching what changed"));
}
