//! The connection as anybody who knows lettre would use it.

use std::cell::Cell;

use lettre::message::Message;
use lettre::{Address, Transport};
use sterna::channel::error::StoreError;
use sterna::remote::submission::Accepted;
use sterna::remote::submission::carrier::Carrier;
use sterna::remote::submission::error::{Failure, SendError, Stage};

use crate::rig::{ANNA, LETTER, heard, names, open, server};

/// Knows nothing of ours but what it is told by lettre.
fn post<T: Transport>(transport: &T, subject: &str) -> Result<T::Ok, T::Error> {
    let message = Message::builder()
        .from("Anna Abel <anna@example.org>".parse().unwrap())
        .to("Béla <bela@example.org>".parse().unwrap())
        .bcc("dora@example.org".parse().unwrap())
        .subject(subject)
        .body("Grüße\r\n.\r\n".to_owned())
        .unwrap();
    transport.send(&message)
}

#[test]
fn mail_of_lettres_own_goes_through_it() {
    let server = server();
    let mut submission = open(&server);
    let n_marks = Cell::new(0);
    let mut mark = || {
        assert_eq!(server.submissions().len(), n_marks.get(), "behind the dot");
        n_marks.set(n_marks.get() + 1);
        Ok(())
    };
    let carrier = Carrier::new(&mut submission, &mut mark);
    post(&carrier, "one").unwrap();
    let anybodys: &dyn Transport<Ok = Accepted, Error = SendError> = &carrier;
    let to = ["bela@example.org".parse::<Address>().unwrap()];
    let envelope = lettre::address::Envelope::new(None, to.to_vec()).unwrap();
    let accepted = anybodys.send_raw(&envelope, LETTER).unwrap();
    assert_eq!(accepted.text.as_str(), "2.0.0 Ok, taken");
    assert_eq!(n_marks.get(), 2);
    let taken = server.submissions();
    assert_eq!((taken[0].from.as_str(), taken[1].from.as_str()), (ANNA, ""));
    assert_eq!(
        taken[0].to,
        names(&["bela@example.org", "dora@example.org"])
    );
    let first = String::from_utf8(taken[0].data.clone()).unwrap();
    assert!(first.contains("Subject: one\r\n") && !first.contains("dora"));
    assert_eq!(taken[1].data, LETTER);
}

#[test]
fn after_its_shutdown_nothing_goes() {
    let server = server();
    let mut submission = open(&server);
    let mut mark = || -> Result<(), StoreError> { panic!("there is no dot to be marked") };
    let carrier = Carrier::new(&mut submission, &mut mark);
    carrier.shutdown();
    assert_eq!(heard(&server).last().unwrap(), "QUIT");
    let error = post(&carrier, "too late").unwrap_err();
    assert_eq!(
        (error.stage, &error.failure),
        (Stage::Mail, &Failure::Temporary)
    );
    assert!(submission.is_over());
    assert_eq!(server.submissions().len(), 0);
}

#[test]
fn a_mark_that_fails_is_known_through_it() {
    let server = server();
    let mut submission = open(&server);
    let mut mark = || Err(StoreError::Gone);
    let error = post(&Carrier::new(&mut submission, &mut mark), "unmarked").unwrap_err();
    assert!(matches!(error.failure, Failure::Unmarked(_)), "{error}");
    assert_eq!(server.submissions().len(), 0);
}
