//! What crosses the network, and how often one waits for it.

use std::path::Path;
use std::time::{Duration, Instant};

use sterna::channel::event::Event;
use sterna::channel::job::Job;
use sterna::mail::account::{AccountSettings, Endpoint, Offline, Security};

use crate::client::{Client, SCREENFUL, Server, account, inbox, query, seconds};
use crate::relay::Relay;
use crate::table::figure;

/// Nothing has changed: what does it cost to know that? The way takes `round_trip` there and back.
pub fn reopen(home: &Path, server: &Server, round_trip: Duration) {
    let relay = Relay::start(server.port, round_trip / 2);
    let client = Client::start(home, account(server, relay.port));
    let online = client.until_online();
    let reply = relay.login_reply().unwrap();
    // What still comes counts too.
    std::thread::sleep(round_trip * 4 + Duration::from_millis(300));
    let (n_bytes, n_connections) = relay.received(reply, Instant::now());
    let round_trips = |time: Duration| time.as_secs_f64() / round_trip.as_secs_f64();
    figure("reopen_bytes", n_bytes as f64);
    figure("reopen_connections", n_connections as f64);
    figure("reopen_round_trips", round_trips(online - reply));
    figure("fresh_round_trips", round_trips(online - client.started));
    client.stop();
}

/// The same with TLS and a start from nothing: how many round trips until the list is fresh, the connection's own included.
pub fn fresh(home: &Path, server: &Server, round_trip: Duration) {
    let relay = Relay::start(server.tls_port, round_trip / 2);
    let settings = account(server, relay.port);
    // The same host as everywhere here: under another name the mailboxes would count as others, and be fetched anew.
    let imap = Endpoint {
        security: Security::Tls,
        ca_file: Some(server.ca_file.clone()),
        ..settings.imap.clone()
    };
    let client = Client::start(home, AccountSettings { imap, ..settings });
    let online = client.until_online();
    seconds("fresh", online - client.started);
    // One more for TCP, which the relay does not see.
    figure("fresh_turns", 1.0 + relay.turns(online) as f64);
    client.stop();
}

/// A message whose body is not here, asked for while the connection rests.
pub fn open_message(home: &Path, server: &Server, round_trip: Duration) {
    let relay = Relay::start(server.port, round_trip / 2);
    let client = Client::start(home, account(server, relay.port));
    client.until_online();
    // The lane settles: whoever asks while IDLE begins waits for its `+` too.
    std::thread::sleep(round_trip * 10);
    let mut reader = client.store.reader().unwrap();
    let mailbox = inbox(&mut reader, client.account).unwrap();
    let rows = reader.window(&query(mailbox, "", SCREENFUL)).unwrap().rows;
    let row = rows
        .iter()
        .find(|row| reader.body(row.key.message).unwrap().is_none())
        .unwrap();
    let message = row.key.message;
    let start = Instant::now();
    client.engine.submit(Job::WantBody { message, mailbox });
    let stored = client.until("the body", |event| *event == Event::BodyStored(message));
    reader.body(message).unwrap().unwrap();
    seconds("open_message", stored - start);
    client.stop();
}

/// All messages whole on this disk, from an empty store.
pub fn whole_messages(home: &Path, server: &Server, n: u64) {
    let settings = AccountSettings {
        offline: Offline::All,
        ..account(server, server.port)
    };
    let client = Client::start(home, settings);
    let mut n_bodies = 0;
    let last = client.until("all bodies", |event| {
        n_bodies += u64::from(matches!(event, Event::BodyStored(_)));
        n_bodies >= n
    });
    seconds("whole_messages", last - client.started);
    client.stop();
}
