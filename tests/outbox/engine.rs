//! The engine of an account that can send, in this process, and what the tests of its sending look at.

use sterna::channel::outbox::{OutboxId, OutboxRow, OutboxState, Outgoing};
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::demo::server::USER;
use sterna::demo::shared::Service;
use sterna::mail::account::{Endpoint, SmtpServer};
use sterna::mail::mailbox::Role;
use sterna::mail::outgoing::Built;

use crate::place::{Desk, GUARD, Place};

/// An account that can send, and folders for what was sent.
pub fn place() -> Place {
    let mut place = Place::new(Dialect::full());
    place.server.create("Sent", Some(Role::Sent));
    let endpoint = Endpoint {
        port: place.server.smtp_addr().port(),
        ..place.settings.imap.clone()
    };
    place.settings.smtp = Some(SmtpServer::new(endpoint, USER));
    place
}

pub fn built(n: usize) -> Built {
    let wire = format!("Message-ID: <{n}@x>\r\nSubject: Mail {n}\r\n\r\nText\r\n").into_bytes();
    Built {
        message_id: format!("{n}@x"),
        sender: "demo@demo.example".to_owned(),
        recipients: vec!["demo@demo.example".to_owned()],
        subject: format!("Mail {n}"),
        copy: wire.clone(),
        wire,
        needs_smtputf8: false,
        is_given: false,
    }
}

/// A mail that goes at once.
pub fn outgoing(desk: &Desk, built: Built) -> Outgoing {
    Outgoing {
        account: desk.account,
        built,
        origin: None,
        base: sterna::channel::draft::Base::New,
        composition: None,
        hold_seconds: 0,
        not_before: None,
    }
}

pub fn queue(desk: &Desk, built: Built) -> OutboxId {
    let mail = outgoing(desk, built);
    desk.store.writer().queue_now(mail).unwrap().0
}

pub fn row(desk: &mut Desk, id: OutboxId) -> OutboxRow {
    desk.reader.outbox_row(id).unwrap().unwrap()
}

pub fn await_state(desk: &mut Desk, id: OutboxId, state: OutboxState) {
    desk.until(&format!("{id:?} becomes {state:?}"), |desk| {
        row(desk, id).state == state
    });
}

/// Does something to `state.db` behind the program's back.
pub fn run_on_disk(place: &Place, sql: &str) {
    let db = rusqlite::Connection::open(place.home.path().join("data/state.db")).unwrap();
    db.busy_timeout(GUARD).unwrap();
    db.execute_batch(sql).unwrap();
}

/// How often the submission server heard a command.
pub fn n_heard(place: &Place, name: &str) -> usize {
    let log = place.server.log().into_iter();
    log.filter(|entry| entry.service == Service::Smtp && entry.name == name)
        .count()
}

pub fn break_smtp(place: &Place, faults: Vec<Fault>) {
    place.server.set_smtp_faults(FaultPlan::new(faults));
}

pub fn stall_in(command: &str) -> Fault {
    Fault::once(FaultKind::StallIn {
        command: command.to_owned(),
        after: 0,
    })
}

pub fn cut_in(command: &str) -> Fault {
    Fault::once(FaultKind::CutIn {
        command: command.to_owned(),
        after: 0,
    })
}

/// How often the Sent folder has a text.
pub fn n_copies(place: &Place, text: &str) -> usize {
    let has_it = |uid: u32| {
        let raw = place.server.raw("Sent", uid).unwrap();
        String::from_utf8_lossy(&raw).contains(text)
    };
    let truth = place.server.truth("Sent").into_iter();
    truth.filter(|copy| has_it(copy.uid)).count()
}
