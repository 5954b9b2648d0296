//! Other clients change everything; after the next sync the cache equals the server, in every dialect.

use sterna::demo::dialect::Dialect;
use sterna::demo::server::Server;
use sterna::engine::once::Errands;

use crate::equal::{assert_equal, until_equal};
use crate::place::{Desk, Place, deliver, dialects, stop};
use crate::random::count;

/// Chance with a seed (xorshift64).
pub struct Chance(pub u64);

impl Chance {
    pub fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }
}

const NAMES: [&str; 4] = ["INBOX", "Archive", "Lists/rust", "Entw&APw-rfe"];
const FLAGS: [&[&str]; 7] = [
    &[],
    &["\\Seen"],
    &["\\Seen", "\\Answered"],
    &["\\Flagged", "$Junk"],
    &["Work", "$label1"],
    &["\\Deleted"],
    &["\\Draft", "\\Seen", "$Forwarded"],
];

/// One change by another client.
pub fn change(server: &Server, chance: &mut Chance, number: u32) {
    let name = NAMES[chance.below(NAMES.len())];
    let uids: Vec<u32> = server
        .truth(name)
        .iter()
        .map(|message| message.uid)
        .collect();
    match chance.below(5) {
        0 if !uids.is_empty() => {
            let n = 1 + chance.below(3);
            let gone: Vec<u32> = (0..n).map(|_| uids[chance.below(uids.len())]).collect();
            server.expunge(name, &gone);
        }
        1 | 2 if !uids.is_empty() => {
            let flags = FLAGS[chance.below(FLAGS.len())];
            server.set_flags(name, uids[chance.below(uids.len())], flags);
        }
        3 => {
            // New and gone again before anybody looked: a hole.
            let uid = deliver(server, name, number, &[]);
            server.expunge(name, &[uid]);
        }
        _ => {
            deliver(server, name, number, FLAGS[chance.below(FLAGS.len())]);
        }
    }
}

fn filled(dialect: Dialect, chance: &mut Chance) -> Place {
    let place = Place::new(dialect);
    for (number, name) in (0..30).zip(NAMES.iter().cycle()) {
        deliver(
            &place.server,
            name,
            number,
            FLAGS[chance.below(FLAGS.len())],
        );
    }
    for number in 30..50 {
        change(&place.server, chance, number);
    }
    place
}

/// Sync, changes, sync, changes, sync: equal each time.
fn round(dialect: Dialect, seed: u64) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let place = filled(dialect, &mut chance);
    let mut desk = place.open();
    desk.sync();
    assert_equal(
        &place.server,
        &mut desk,
        &format!("seed {seed}, first sync"),
    );
    for cycle in 0..3 {
        for number in 0..=chance.below(12) {
            change(
                &place.server,
                &mut chance,
                100 * cycle + u32::try_from(number).unwrap(),
            );
        }
        if cycle == 1 {
            // A restart in between: nothing is known but what is on the disk.
            desk.close();
            desk = place.open();
        }
        desk.sync();
        assert_equal(
            &place.server,
            &mut desk,
            &format!("seed {seed}, cycle {cycle}"),
        );
    }
    desk.close();
}

/// `STERNA_RIVALS` sets how many.
fn rounds(dialect: &Dialect) {
    for seed in 1..=count("STERNA_RIVALS", 15) {
        round(dialect.clone(), seed);
    }
}

#[test]
fn the_cache_equals_the_server_after_each_sync_with_qresync() {
    rounds(&Dialect::full());
}

#[test]
fn the_cache_equals_the_server_after_each_sync_with_condstore_only() {
    rounds(&Dialect::condstore_only());
}

#[test]
fn the_cache_equals_the_server_after_each_sync_without_extensions() {
    rounds(&Dialect::bare());
}

#[test]
fn the_cache_equals_the_server_when_it_forgets_its_expunges() {
    for dialect in [Dialect::full(), Dialect::condstore_only()] {
        let place = Place::with(dialect, 12);
        let mut desk = place.open();
        desk.sync();
        place.server.expunge("INBOX", &[2, 3, 9]);
        place.server.forget_expunges("INBOX");
        deliver(&place.server, "INBOX", 99, &["\\Seen"]);
        desk.sync();
        assert_equal(&place.server, &mut desk, "forgotten expunges");
    }
}

#[test]
fn mailboxes_come_go_and_move_with_the_server() {
    for (name, dialect) in dialects() {
        let place = Place::with(dialect, 3);
        deliver(&place.server, "A/B", 50, &[]);
        deliver(&place.server, "Old", 51, &[]);
        let mut desk = place.open();
        desk.sync();
        place.server.rename_mailbox("A/B", "C");
        place.server.delete_mailbox("Old");
        deliver(&place.server, "New & odd \"name\"", 52, &[]);
        desk.sync();
        assert_equal(&place.server, &mut desk, name);
    }
}

/// Changes while an engine is connected arrive; where nothing pushes, opening the folder tells.
fn live(dialect: Dialect, seed: u64) {
    let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let place = filled(dialect, &mut chance);
    let mut desk = place.open();
    let engine = desk.engine();
    desk.online();
    for number in 0..20 {
        change(&place.server, &mut chance, 200 + number);
    }
    settle(&place, &mut desk, seed);
    stop(engine);
    desk.close();
}

/// What is pushed is awaited in INBOX; the other folders are as fresh as the next look.
fn settle(place: &Place, desk: &mut Desk, seed: u64) {
    desk.until(&format!("INBOX is equal, seed {seed}"), |desk| {
        crate::equal::difference_in(&place.server, desk, "INBOX").is_none()
    });
    for name in NAMES.iter().skip(1) {
        desk.until("the folder is listed", |desk| {
            let mailboxes = desk.reader.mailboxes(desk.account).unwrap();
            mailboxes
                .iter()
                .any(|info| info.name.raw() == name.as_bytes())
        });
        let mailbox = desk.mailbox(name);
        desk.once(&Errands::Newest(mailbox)).unwrap();
    }
    until_equal(&place.server, desk, &format!("seed {seed}"));
}

#[test]
fn changes_while_connected_arrive_in_every_dialect() {
    for (_, dialect) in dialects() {
        for seed in 1..=6 {
            live(dialect.clone(), seed);
        }
    }
}
