//! Lists: limited to words.

use std::path::Path;
use std::time::Instant;

use crossbeam_channel::unbounded;
use sterna::store::Store;

use crate::client::{SCREENFUL, Server, account, inbox, query, seconds, store_paths};
use crate::mailbox::RARE;
use crate::table::figure;

/// The list limited to words of subjects.
pub fn limit(home: &Path, server: &Server) {
    let settings = account(server, server.port);
    let (events, _received) = unbounded();
    let store = Store::open(&store_paths(home), std::slice::from_ref(&settings), events).unwrap();
    let mut reader = store.reader().unwrap();
    let mailbox = inbox(&mut reader, store.account("bench").unwrap()).unwrap();
    reader.window(&query(mailbox, "", SCREENFUL)).unwrap();
    for (name, words) in [
        ("limit_rare", RARE),
        ("limit_word", "harbour"),
        ("limit_letter", "h"),
    ] {
        let start = Instant::now();
        let window = reader.window(&query(mailbox, words, SCREENFUL)).unwrap();
        seconds(name, start.elapsed());
        figure(&format!("{name}_rows"), window.n_matching as f64);
    }
}
