//! Opening, reading and marking: what is read when, and what is loaded for it.

use sterna::channel::effect::Effect;
use sterna::channel::error::RemoteError;
use sterna::channel::event::{Connection, Event};
use sterna::channel::job::Job;
use sterna::channel::operation::{GroupId, OperationId, Outcome, Target};
use sterna::command::preset::Pane;
use sterna::config::ui_settings::{MarkRead, UiSettings};
use sterna::mail::styled::TextForm;

use crate::harness::*;

#[test]
fn moving_the_cursor_never_marks_read_and_opening_does_after_the_time() {
    let mut screen = wide();
    screen.press("j j k k");
    screen.ring_previews();
    screen.ring(is_mark_read);
    assert!(screen.operations().is_empty());
    screen.press("enter");
    assert!(!screen.is_seen(), "not before the time is over");
    assert!(
        screen
            .timers
            .iter()
            .any(|(ms, timer)| is_mark_read(timer) && *ms == 2_000)
    );
    screen.ring(is_mark_read);
    assert!(screen.is_seen());
    assert_eq!(screen.operations().len(), 1);
    assert!(screen.shows("1 pending") && screen.shows("3 unread of 10"));
}

#[test]
fn a_message_that_was_left_before_the_time_stays_unread() {
    let mut screen = narrow();
    screen.press("enter q");
    screen.ring(is_mark_read);
    assert!(screen.operations().is_empty());
}

#[test]
fn a_message_marked_unread_while_it_is_open_stays_unread() {
    let mut screen = narrow();
    screen.press("enter I U");
    assert_eq!(screen.operations().len(), 2);
    screen.ring(is_mark_read);
    assert!(!screen.is_seen());
}

#[test]
fn a_text_that_is_not_there_does_not_count_as_read() {
    let mut screen = narrow();
    screen.has_bodies = false;
    screen.press("enter");
    assert!(screen.shows("Not on this machine and offline: it will load on reconnect."));
    assert!(!screen.timers.iter().any(|(_, timer)| is_mark_read(timer)));
}

#[test]
fn mark_read_after_open_and_never() {
    for (setting, n_expected) in [(MarkRead::OnOpen, 1), (MarkRead::Never, 0)] {
        let mut screen = with_ui(UiSettings {
            mark_read_after: setting,
            ..UiSettings::default()
        });
        screen.press("enter");
        screen.ring(is_mark_read);
        assert_eq!(screen.operations().len(), n_expected);
    }
}

#[test]
fn a_change_that_cannot_be_recorded_is_taken_back() {
    let mut screen = narrow();
    screen.records = false;
    screen.press("I");
    assert!(!screen.is_seen());
    assert!(screen.shows("not marked read: the store could not be read or written: disk full"));
    assert!(screen.shows("4 unread of 10") && !screen.shows("pending"));
}

#[test]
fn a_change_is_shown_at_once_and_counted_when_it_is_durable() {
    let mut screen = narrow();
    screen.answers = false;
    screen.press("I");
    assert!(screen.is_seen() && screen.shows("3 unread of 10") && !screen.shows("pending"));
    // A window read before the commit must not take it back.
    screen.send(Event::RowsChanged(INBOX));
    let query = screen.model.list.awaited.clone().unwrap();
    screen.send(Event::Rows(screen.window(query)));
    assert!(screen.is_seen());
    let ticket = screen.operations()[0].ticket;
    screen.send(Event::Recorded {
        ticket,
        group: GroupId(1),
        operations: vec![OperationId(1)],
        n_targets: 1,
        created: None,
        n_pending: 1,
    });
    assert!(screen.shows("1 pending"));
}

#[test]
fn a_change_that_the_server_refuses_is_undone_and_explained() {
    let mut screen = narrow();
    screen.press("I");
    assert!(screen.is_seen());
    let target = Target {
        message: id(20),
        mailbox: INBOX,
    };
    let error = RemoteError::Refused {
        action: "change the flag",
        text: safe("mailbox is read-only"),
    };
    screen.send(Event::Closed {
        operation: OperationId(1),
        outcomes: vec![(target, Outcome::Parked(error))],
        n_pending: 0,
    });
    // The store puts the row back by itself.
    screen.rows[0].flags.set("\\Seen", false);
    screen.rows_changed();
    assert!(!screen.is_seen());
    assert!(screen.shows("not marked read, gS tells all: the server would"));
    assert!(!screen.shows("pending"));
}

#[test]
fn space_reads_on_and_then_goes_to_the_next_unread_message() {
    let mut screen = narrow();
    screen.press("space");
    assert_eq!(screen.model.focus, Pane::Message);
    for _ in 0..10 {
        if screen.model.list.cursor == 0 {
            screen.press("space");
        }
    }
    assert_eq!(screen.subject(), "東京の会議の議事録を送ります");
    assert_eq!(screen.model.message.scroll, 0);
    screen.press("space minus");
    assert_eq!(screen.model.message.scroll, 0);
}

#[test]
fn the_preview_waits_until_the_cursor_rests_and_the_latest_wins() {
    let mut screen = wide();
    screen.effects.clear();
    screen.press("j j j");
    assert!(
        !screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadMessage { .. }))
    );
    screen.ring_previews();
    let loaded: Vec<_> = screen
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::LoadMessage { message, .. } => Some(*message),
            _ => None,
        })
        .collect();
    assert_eq!(loaded, [id(17)]);
    // A late answer for another message changes nothing.
    let other = view(&inbox()[0], INBOX, 70, TextForm::Plain);
    screen.send(Event::Message(Box::new(other)));
    assert_eq!(screen.model.message.view().unwrap().message, id(17));
}

#[test]
fn a_narrow_list_loads_no_message_before_it_is_opened() {
    let mut screen = narrow();
    screen.press("j j");
    screen.ring_previews();
    assert!(
        !screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadMessage { .. }))
    );
    screen.send(Event::Resize {
        columns: 160,
        rows: 45,
    });
    screen.ring_previews();
    assert!(
        screen
            .effects
            .iter()
            .any(|effect| matches!(effect, Effect::LoadMessage { .. }))
    );
}

#[test]
fn another_width_has_the_message_wrapped_again() {
    let mut screen = narrow();
    screen.press("enter");
    assert_eq!(screen.model.message.view().unwrap().columns, 78);
    screen.send(Event::Resize {
        columns: 60,
        rows: 24,
    });
    assert_eq!(screen.model.message.view().unwrap().columns, 58);
}

#[test]
fn what_was_missing_is_loaded_on_reconnect() {
    let mut screen = wide();
    screen.has_bodies = false;
    screen.press("j");
    screen.ring_previews();
    assert!(screen.shows("it will load on reconnect"));
    screen.has_bodies = true;
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Online,
    });
    assert!(screen.shows("Hello Anna,"));
}

#[test]
fn a_fetch_that_is_cut_waits_for_the_next_connection() {
    let mut screen = wide();
    screen.answers = false;
    screen.press("j");
    screen.ring_previews();
    screen.send(Event::MessageMissing {
        message: id(19),
        coming: true,
    });
    assert!(screen.shows("Fetching the message."));
    screen.send(offline("cut", Some(3)));
    assert!(screen.shows("it will load on reconnect"));
    screen.answers = true;
    screen.send(Event::Connection {
        account: HOME,
        state: Connection::Online,
    });
    assert!(screen.shows("Hello Anna,"));
}

#[test]
fn a_message_that_could_not_be_fetched_says_why_and_is_asked_for_again_by_sync() {
    let mut screen = wide();
    screen.answers = false;
    screen.press("j");
    screen.ring_previews();
    let error = RemoteError::Refused {
        action: "send the message",
        text: safe("[LIMIT] later"),
    };
    screen.send(Event::BodyFailed {
        message: id(19),
        error,
    });
    assert!(screen.shows("The message could not be fetched:"));
    screen.answers = true;
    screen.press("gr");
    assert!(screen.jobs().contains(&&Job::SyncNow));
    assert!(screen.shows("Hello Anna,"));
}

#[test]
fn quoted_text_folds() {
    let mut screen = narrow();
    screen.press("enter zq");
    assert!(screen.shows("2 quoted lines") && !screen.shows("How about this week?"));
    screen.press("zq");
    assert!(screen.shows("How about this week?"));
}
