//! Several screens on one store, in one process: what each tells the others, and what it makes of what they say.

use std::path::Path;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, unbounded};
use sterna::app::message::Text;
use sterna::app::model::Model;
use sterna::app::overlay::Overlay;
use sterna::app::update;
use sterna::channel::event::{Connection, Event};
use sterna::channel::key::{Key, KeyCode};
use sterna::cli::place::Place;
use sterna::config::paths::FilePaths;
use sterna::config::ui_settings::UiSettings;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::{Options, Server};
use sterna::engine::peers::{Message, Peers};
use sterna::mail::account::{
    AccountId, AccountSettings, Endpoint, Offline, SecretSource, Security,
};
use sterna::mail::mailbox::MailboxId;
use sterna::mail::secret::Secret;
use sterna::runtime::effects::{Hands, News};
use sterna::runtime::render::Answer;
use sterna::runtime::settings::settings;
use sterna::runtime::telling::listen;

use crate::harness::id;

/// Ten times and more of what anything here takes.
const GUARD: Duration = Duration::from_mins(1);

fn place(directory: &Path, port: u16, secret: SecretSource, is_offline: bool) -> Place {
    let paths = FilePaths::under(directory);
    paths.create().unwrap();
    let account = AccountSettings {
        user: "demo".to_owned(),
        secret,
        offline: Offline::Headers,
        ..AccountSettings::new(
            "t",
            "t@demo.example",
            Endpoint::new("127.0.0.1", port, Security::Plain),
        )
    };
    Place {
        paths,
        accounts: vec![account],
        ui: UiSettings::default(),
        is_offline,
        is_demo: false,
        is_online: false,
    }
}

fn password() -> SecretSource {
    SecretSource::Known(Secret::new("demo".to_owned()))
}

/// A screen without a terminal.
struct Side {
    model: Model,
    hands: Hands,
    account: AccountId,
    events: Receiver<Event>,
    answers: Receiver<Answer>,
    peers: Receiver<Message>,
    /// What the others said.
    heard: Vec<Message>,
    /// What reached `update`.
    seen: Vec<Event>,
}

impl Side {
    fn new(place: &Place, number: u32) -> Self {
        let (events, received) = unbounded();
        let (answers, answered) = unbounded();
        let (heard, messages) = unbounded();
        let store = place.open_store(events.clone()).unwrap();
        let peers = Peers::open_as(&place.paths.runtime, number).unwrap();
        let listener = peers.listener().unwrap();
        listen(listener, heard);
        let account = store.account("t").unwrap();
        let mut side = Self {
            model: Model::new(settings(place, &store)),
            hands: Hands::new(place, store, &events, answers, Some(peers)).unwrap(),
            account,
            events: received,
            answers: answered,
            peers: messages,
            heard: Vec::new(),
            seen: Vec::new(),
        };
        side.update(Event::Resize {
            columns: 80,
            rows: 24,
        });
        for effect in update::start(&mut side.model) {
            side.hands.carry_out(effect);
        }
        side
    }

    fn update(&mut self, event: Event) {
        for effect in update::update(&mut self.model, event) {
            self.hands.carry_out(effect);
        }
    }

    /// Takes news in as the loop does; whether any of it reached the model.
    fn take_in(&mut self, news: News) -> bool {
        if let News::Heard(message) = &news {
            self.heard.push(message.clone());
        }
        let event = self.hands.take_in(news);
        let is_seen = event.is_some();
        if let Some(event) = event {
            self.seen.push(event.clone());
            self.update(event);
        }
        is_seen
    }

    /// Goes on until the model was told of this.
    fn until(&mut self, wanted: impl Fn(&Event) -> bool) {
        let until = Instant::now() + GUARD;
        while !self.seen.iter().any(&wanted) {
            assert!(Instant::now() < until, "{:?}", self.seen);
            self.turn();
        }
    }

    /// Goes on until the model was told of this, while another screen works too.
    fn until_with(&mut self, other: &mut Self, wanted: impl Fn(&Event) -> bool) {
        let until = Instant::now() + GUARD;
        while !self.seen.iter().any(&wanted) {
            assert!(Instant::now() < until, "{:?}", self.seen);
            self.turn();
            other.turn();
        }
    }

    fn press(&mut self, code: KeyCode) {
        self.take_in(News::Own(Event::Key(Key::plain(code))));
    }

    /// Takes in the next news, if there are any soon.
    fn turn(&mut self) {
        let news = crossbeam_channel::select! {
            recv(self.events) -> event => News::Own(event.unwrap()),
            recv(self.answers) -> answer => News::Answer(answer.unwrap()),
            recv(self.peers) -> message => News::Heard(message.unwrap()),
            default(Duration::from_millis(2)) => return,
        };
        self.take_in(news);
    }
}

/// A peer that only listens.
fn witness(place: &Place) -> Peers {
    Peers::open_as(&place.paths.runtime, 9).unwrap()
}

#[test]
fn what_a_peer_says_is_never_told_back() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1, password(), true);
    let mut side = Side::new(&place, 1);
    let witness = witness(&place);
    for message in [
        Message::Rows(MailboxId::new(7)),
        Message::Folders,
        Message::Journal,
        Message::Body(id(3)),
        Message::NoBody(id(3)),
        Message::Synced(side.account),
    ] {
        side.take_in(News::Heard(message));
    }
    let own = MailboxId::new(8);
    side.take_in(News::Own(Event::RowsChanged(own)));
    assert_eq!(witness.receive(Some(GUARD)), Some(Message::Rows(own)));
}

#[test]
fn a_password_command_that_is_refused_without_a_word_runs_three_times_and_then_the_user_is_asked() {
    let directory = tempfile::tempdir().unwrap();
    let runs = directory.path().join("runs");
    let script = format!("echo run >> '{}'; echo wrong", runs.display());
    let argv = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let server = Server::start(Options::default()).unwrap();
    let refused = FaultKind::Instead {
        command: "AUTHENTICATE".to_owned(),
        lines: b"{tag} NO\r\n".to_vec(),
    };
    server.set_faults(FaultPlan::new(vec![Fault::always(refused)]));
    let place = place(
        directory.path(),
        server.imap_addr().port(),
        SecretSource::Command(argv),
        false,
    );
    let mut side = Side::new(&place, 1);
    let wanted = |event: &Event| matches!(event, Event::PasswordWanted { .. });
    side.until(wanted);
    let n_runs = std::fs::read_to_string(&runs).unwrap().lines().count();
    assert!((1..=3).contains(&n_runs), "{n_runs}");
    assert!(matches!(
        &side.model.overlay,
        Some(Overlay::Password(password)) if !password.refusal.as_str().is_empty()
    ));
}

#[test]
fn a_password_command_that_fails_is_the_users_business_at_once() {
    let directory = tempfile::tempdir().unwrap();
    let runs = directory.path().join("runs");
    let script = format!("echo run >> '{}'; exit 1", runs.display());
    let argv = ["sh", "-c", &script].map(str::to_owned).to_vec();
    let place = place(directory.path(), 1, SecretSource::Command(argv), false);
    let mut side = Side::new(&place, 1);
    side.until(|event| matches!(event, Event::PasswordWanted { .. }));
    assert_eq!(std::fs::read_to_string(&runs).unwrap(), "run\n");
}

#[test]
fn a_screen_without_the_engine_shows_whether_the_other_one_can_fetch_a_body() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(Options::default()).unwrap();
    server.bulk("INBOX", 5, 500);
    let port = server.imap_addr().port();
    let place = place(directory.path(), port, password(), false);
    let state_of = |wanted: Connection| move |event: &Event| matches!(event, Event::Connection { state, .. } if *state == wanted);
    let mut holder = Side::new(&place, 1);
    holder.until(state_of(Connection::Online));
    holder.until(|event| matches!(event, Event::Rows(window) if window.rows.len() == 5));
    let mut other = Side::new(&place, 2);
    other.until(state_of(Connection::Elsewhere));
    other.until(|event| matches!(event, Event::Rows(window) if window.rows.len() == 5));

    other.press(KeyCode::Enter);
    other.until_with(&mut holder, |event| {
        matches!(event, Event::MessageMissing { coming: true, .. })
    });
    other.until_with(&mut holder, |event| matches!(event, Event::Message(_)));

    server.pause();
    holder.until(|event| {
        let offline = |state: &Connection| matches!(state, Connection::Offline { .. });
        matches!(event, Event::Connection { state, .. } if offline(state))
    });
    other.seen.clear();
    other.press(KeyCode::Char('j'));
    other.until_with(&mut holder, |event| {
        matches!(event, Event::BodyFailed { .. })
    });
    assert_eq!(other.model.message.text, Text::Missing);
    let coming = |event: &Event| matches!(event, Event::MessageMissing { coming: true, .. });
    assert!(!other.seen.iter().any(coming));

    server.resume().unwrap();
    other.until_with(&mut holder, |event| matches!(event, Event::Message(_)));
}

#[test]
fn the_others_hear_every_time_that_an_account_is_up_to_date() {
    let directory = tempfile::tempdir().unwrap();
    let place = place(directory.path(), 1, password(), true);
    let mut side = Side::new(&place, 1);
    let witness = witness(&place);
    for _ in 0..2 {
        side.take_in(News::Own(Event::Synced(side.account)));
        let heard = witness.receive(Some(GUARD));
        assert_eq!(heard, Some(Message::Synced(side.account)));
    }
}

#[test]
fn open_operations_are_counted_after_a_restart_and_where_the_engine_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let server = Server::start(Options::default()).unwrap();
    server.bulk("INBOX", 5, 500);
    let port = server.imap_addr().port();
    let online = place(directory.path(), port, password(), false);
    let offline = place(directory.path(), port, password(), true);
    let five_rows = |event: &Event| matches!(event, Event::Rows(window) if window.rows.len() == 5);
    let pending = |n: u64| move |event: &Event| *event == Event::Pending(n);
    let mut holder = Side::new(&online, 1);
    holder.until(five_rows);
    holder.until(|event| {
        matches!(
            event,
            Event::Connection {
                state: Connection::Online,
                ..
            }
        )
    });
    let mut other = Side::new(&online, 2);
    other.until(five_rows);
    other.until(|event| {
        matches!(
            event,
            Event::Connection {
                state: Connection::Elsewhere,
                ..
            }
        )
    });
    server.pause();
    holder.seen.clear();
    for key in ['n', 'I'] {
        other.press(KeyCode::Char(key)); // The next unread message, marked read.
    }
    other.until(pending(1));
    holder.until(pending(1));
    let mut later = Side::new(&offline, 3);
    later.until(pending(1));
    assert_eq!(later.model.n_pending, 1);
    other.seen.clear();
    server.resume().unwrap();
    other.until_with(&mut holder, pending(0));
    assert_eq!(other.model.n_pending, 0);
    assert!(other.model.shown.is_empty());
}
