//! The measure of everything here: the cache equals the server.

use sterna::channel::rows::{Anchor, WindowQuery};
use sterna::demo::server::Server;
use sterna::mail::flag::SystemFlag;

use crate::place::Desk;

/// A message as both sides should see it: UID, flags and keywords, size, internal date.
pub type Line = (u32, Vec<String>, u64, i64);

/// A mailbox as the server has it.
pub fn there(server: &Server, mailbox: &str) -> Vec<Line> {
    let truth = server.truth(mailbox).into_iter();
    truth
        .map(|message| {
            let names = message.flags.names().map(str::to_lowercase).collect();
            (
                message.uid,
                names,
                message.size_bytes,
                message.internal_date,
            )
        })
        .collect()
}

/// A mailbox as a reader of the store sees it, all pages of the list.
pub fn here(desk: &mut Desk, mailbox: &str) -> Vec<Line> {
    let mailbox = desk.mailbox(mailbox);
    let mut lines: Vec<Line> = Vec::new();
    let mut anchor = Anchor::Newest;
    loop {
        let query = WindowQuery {
            mailbox,
            limit: String::new(),
            anchor,
            n_rows: 2_000,
            serial: 0,
        };
        let window = desk.reader.window(&query).unwrap();
        for row in &window.rows {
            let names = row.flags.names().map(str::to_lowercase).collect();
            lines.push((row.key.uid, names, row.size_bytes, row.key.internal_date));
        }
        match window.rows.last() {
            Some(last) if window.more_below => anchor = Anchor::Around(last.key),
            _ => break,
        }
    }
    lines.sort();
    lines.dedup();
    lines
}

/// The first difference between server and store, in words; `None` where they are equal: the names of the mailboxes, and
/// in each the messages with flags, keywords, sizes and dates, the set of UIDs, and the counts that the folders show.
pub fn difference(server: &Server, desk: &mut Desk) -> Option<String> {
    let mut names: Vec<String> = desk
        .reader
        .mailboxes(desk.account)
        .unwrap()
        .iter()
        .map(|info| String::from_utf8_lossy(info.name.raw()).into_owned())
        .collect();
    names.sort();
    if names != server.mailboxes() {
        return Some(format!(
            "mailboxes {names:?}, server {:?}",
            server.mailboxes()
        ));
    }
    names
        .iter()
        .find_map(|name| difference_in(server, desk, name))
}

/// The same for one mailbox.
pub fn difference_in(server: &Server, desk: &mut Desk, name: &str) -> Option<String> {
    let (there, here) = (there(server, name), here(desk, name));
    if there != here {
        let missing: Vec<&Line> = there.iter().filter(|line| !here.contains(line)).collect();
        let extra: Vec<&Line> = here.iter().filter(|line| !there.contains(line)).collect();
        return Some(format!(
            "{name}: {} here, {} there; not here {missing:?}; not there {extra:?}",
            here.len(),
            there.len()
        ));
    }
    let id = desk.mailbox(name);
    let uids: Vec<u32> = desk
        .reader
        .known_uids(id, 1)
        .unwrap()
        .iter()
        .map(sterna::mail::uid::Uid::get)
        .collect();
    if uids != there.iter().map(|line| line.0).collect::<Vec<_>>() {
        return Some(format!("{name}: UIDs {uids:?}"));
    }
    let info = desk.reader.mailbox(id).unwrap().unwrap();
    let seen = SystemFlag::Seen.name().to_lowercase();
    let n_unread = there.iter().filter(|line| !line.1.contains(&seen)).count();
    let counts = (info.total, info.unread, info.state.gap.is_empty());
    let expected = (Some(there.len() as u64), Some(n_unread as u64), true);
    (counts != expected).then(|| format!("{name}: counts {counts:?}, expected {expected:?}"))
}

/// Waits until the cache equals the server.
pub fn until_equal(server: &Server, desk: &mut Desk, what: &str) {
    let mut last = None;
    let deadline = std::time::Instant::now() + crate::place::GUARD / 2;
    desk.until(what, |desk| {
        last = difference(server, desk);
        assert!(
            last.is_none() || std::time::Instant::now() < deadline,
            "{what}: never equal: {last:?}"
        );
        last.is_none()
    });
}

/// Demands that the cache equals the server now.
#[track_caller]
pub fn assert_equal(server: &Server, desk: &mut Desk, what: &str) {
    if let Some(difference) = difference(server, desk) {
        panic!("{what}: {difference}");
    }
}
