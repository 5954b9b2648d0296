//! Completion of addresses on a thread of its own: those of the mail on this machine by how often and how lately they
//! were used, then what the user's own command prints. Latest wins.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::compose::address::{is_meant, on_wire, words};
use crate::compose::recipients;
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::mail::safe_text::SafeText;
use crate::mime::header;
use crate::runtime::output;
use crate::store::Store;
use crate::store::reader::Reader;

/// Messages that are looked through for senders, and sent ones for recipients.
const N_RECEIVED: usize = 20_000;
const N_SENT: usize = 500;
/// Answers at the most.
const MOST: usize = 8;
/// Whom one writes to counts for more than who writes.
const SENT_WEIGHT: f64 = 10.0;
/// After so long a use counts for half.
const HALF_LIFE_DAYS: f64 = 90.0;
/// The book is made anew after so long.
const FRESH: Duration = Duration::from_mins(5);
/// The command is asked when typing rests for so long.
const REST: Duration = Duration::from_millis(200);
/// The command may take so long, and print so much.
const LIMIT: Duration = Duration::from_secs(3);
const MOST_BYTES: u64 = 64 << 10;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// The screen's number.
    pub ticket: Ticket,
    /// Whose mail, whose command.
    pub account: AccountId,
    /// What was typed.
    pub typed: String,
}

/// Starts the thread; it ends when the sender is dropped.
///
/// # Errors
/// The store cannot be read, or no thread can be made.
pub fn start(
    store: &Store,
    events: Sender<Event>,
    commands: BTreeMap<AccountId, Vec<String>>,
) -> Result<Sender<Lookup>, StoreError> {
    let (sender, lookups) = unbounded();
    let desk = Desk {
        reader: store.reader()?,
        asker: asker(events.clone(), commands)?,
        events,
        books: BTreeMap::new(),
    };
    spawned("addresses", move || desk.run(&lookups))?;
    Ok(sender)
}

fn spawned(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), StoreError> {
    let thread = std::thread::Builder::new().name(name.to_owned());
    let spawned = thread.stack_size(8 * 1024 * 1024).spawn(work);
    spawned.map(drop).map_err(|error| StoreError::Io {
        cause: format!("thread: {error}"),
    })
}

/// Starts the thread that asks the users' commands: what they take holds up nothing else. `None` where there are none.
fn asker(
    events: Sender<Event>,
    commands: BTreeMap<AccountId, Vec<String>>,
) -> Result<Option<Sender<Lookup>>, StoreError> {
    if commands.is_empty() {
        return Ok(None);
    }
    let (sender, lookups) = unbounded::<Lookup>();
    spawned("address-command", move || {
        while let Ok(first) = lookups.recv() {
            let lookup = lookups.try_iter().last().unwrap_or(first);
            if let Some(command) = commands.get(&lookup.account) {
                let _ = events.send(printed(command, &lookup));
            }
        }
    })?;
    Ok(Some(sender))
}

/// What a command prints for what was typed, its last argument, as an answer.
fn printed(command: &[String], lookup: &Lookup) -> Event {
    let mut argv = command.to_vec();
    argv.push(lookup.typed.clone());
    let printed = output::of(&argv, MOST_BYTES, LIMIT).unwrap_or_default();
    let people = printed_addresses(&String::from_utf8_lossy(&printed));
    answer(lookup, people.iter().map(spelled).collect(), true)
}

fn answer(lookup: &Lookup, found: Vec<String>, is_more: bool) -> Event {
    Event::Addresses {
        ticket: lookup.ticket,
        typed: lookup.typed.clone(),
        found,
        is_more,
    }
}

/// A person, as they are looked for.
struct Entry {
    address: Address,
    /// Name and address in lower case.
    words: String,
}

struct Desk {
    reader: Reader,
    /// Who asks the users' commands.
    asker: Option<Sender<Lookup>>,
    events: Sender<Event>,
    /// The people of each account, those in use first, and when that was found out.
    books: BTreeMap<AccountId, (Instant, Vec<Entry>)>,
}

impl Desk {
    fn run(mut self, lookups: &Receiver<Lookup>) {
        let mut next = lookups.recv().ok();
        while let Some(first) = next {
            let lookup = lookups.try_iter().last().unwrap_or(first);
            let found = self.known(&lookup);
            let _ = self.events.send(answer(&lookup, found, false));
            next = match lookups.recv_timeout(REST) {
                Ok(newer) => Some(newer),
                Err(RecvTimeoutError::Timeout) => {
                    if let Some(asker) = &self.asker {
                        let _ = asker.send(lookup);
                    }
                    lookups.recv().ok()
                }
                Err(RecvTimeoutError::Disconnected) => None,
            };
        }
    }

    fn known(&mut self, lookup: &Lookup) -> Vec<String> {
        let words = words(&lookup.typed);
        let people = self.book(lookup.account).iter();
        people
            .filter(|entry| is_meant(&entry.words, &words))
            .take(MOST)
            .map(|entry| spelled(&entry.address))
            .collect()
    }

    fn book(&mut self, account: AccountId) -> &[Entry] {
        let is_fresh = |(made, _): &(Instant, Vec<Entry>)| made.elapsed() < FRESH;
        if !self.books.get(&account).is_some_and(is_fresh) {
            let people = people(&mut self.reader, account).unwrap_or_default();
            self.books.insert(account, (Instant::now(), people));
        }
        let book = self.books.get(&account);
        book.map_or(&[], |(_, people)| people.as_slice())
    }
}

/// As it is typed; no control character of anybody's gets into a line.
fn spelled(address: &Address) -> String {
    recipients::line(std::slice::from_ref(address))
}

/// Everybody in the newest mail, those in use first.
fn people(reader: &mut Reader, account: AccountId) -> Result<Vec<Entry>, StoreError> {
    let received = reader.senders(account, N_RECEIVED)?;
    let sent = reader.sent_headers(account, N_SENT)?;
    Ok(ranked(received, sent))
}

/// Senders of received mail and recipients of sent mail, each with a date in seconds since the epoch: who is used often and
/// lately comes first.
fn ranked(received: Vec<(Address, i64)>, sent: Vec<(Vec<u8>, i64)>) -> Vec<Entry> {
    let dates = received.iter().map(|(_, date)| *date);
    let dates = dates.chain(sent.iter().map(|(_, date)| *date));
    let newest = dates.max().unwrap_or(0);
    let mut uses: HashMap<String, (f64, Address)> = HashMap::new();
    let mut note = |address: Address, date: i64, weight: f64| {
        let age = newest.saturating_sub(date).clamp(0, 10_000 * 86_400);
        let days = f64::from(i32::try_from(age / 86_400).unwrap_or(i32::MAX));
        let score = weight * (-days / HALF_LIFE_DAYS).exp2();
        if !is_usable(&address) {
            return;
        }
        let known = uses
            .entry(address.addr.to_lowercase())
            .or_insert_with(|| (0.0, address.clone()));
        known.0 += score;
        if known.1.name.is_empty() {
            known.1.name = address.name;
        }
    };
    for (address, date) in received {
        note(address, date, 1.0);
    }
    for (block, date) in sent {
        let envelope = header::envelope(&block);
        let all = envelope
            .to
            .into_iter()
            .chain(envelope.cc)
            .chain(envelope.bcc);
        all.for_each(|address| note(address, date, SENT_WEIGHT));
    }
    let mut people: Vec<(f64, Address)> = uses.into_values().collect();
    people.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.addr.cmp(&b.1.addr)));
    let entry = |(_, address): (f64, Address)| Entry {
        words: format!("{} {}", address.name, address.addr).to_lowercase(),
        address,
    };
    people.into_iter().map(entry).collect()
}

/// What can be written to, and does not pretend to be something else.
fn is_usable(address: &Address) -> bool {
    let is_plain = |text: &str| SafeText::line(text).as_str() == text;
    on_wire(&address.addr).is_ok()
        && address.name.len() < 200
        && is_plain(&address.addr)
        && is_plain(&address.name)
}

/// Lines of `address<Tab>name`, as the query commands of other mail programs print them; other lines are left out.
fn printed_addresses(text: &str) -> Vec<Address> {
    let person = |line: &str| {
        let mut fields = line.split('\t');
        let address = Address {
            addr: fields.next()?.trim().to_owned(),
            name: fields.next().unwrap_or_default().trim().to_owned(),
        };
        is_usable(&address).then_some(address)
    };
    text.lines().filter_map(person).take(MOST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_command_prints_is_taken_line_by_line() {
        let printed = "searching...\nanna@example.org\tAnna Abel\twork\nbob@example.org\n\u{1b}]x@y\tz\n\tnobody\n";
        let people = printed_addresses(printed);
        let shown: Vec<String> = people.iter().map(spelled).collect();
        assert_eq!(shown, ["Anna Abel <anna@example.org>", "bob@example.org"]);
    }

    const DAY: i64 = 86_400;

    fn person(name: &str, addr: &str) -> Address {
        Address {
            name: name.to_owned(),
            addr: addr.to_owned(),
        }
    }

    #[test]
    fn who_is_written_to_often_and_lately_comes_first() {
        let now = 20_000 * DAY;
        let order = |received: &[(&str, i64)], sent: &[(&str, i64)]| -> Vec<String> {
            let from = |(addr, age): &(&str, i64)| (person("", addr), now - age * DAY);
            let to = |(addr, age): &(&str, i64)| {
                (format!("To: {addr}\r\n\r\n").into_bytes(), now - age * DAY)
            };
            let received = received.iter().map(from).collect();
            let all = ranked(received, sent.iter().map(to).collect());
            all.into_iter().map(|entry| entry.address.addr).collect()
        };
        // Often.
        assert_eq!(
            order(&[("a@x", 0), ("b@x", 0), ("b@x", 0)], &[]),
            ["b@x", "a@x"]
        );
        // Lately: twice a year ago counts for less than once today.
        assert_eq!(
            order(&[("a@x", 0), ("b@x", 365), ("b@x", 365)], &[]),
            ["a@x", "b@x"]
        );
        // Whom one writes to counts for more than who writes.
        assert_eq!(
            order(&[("a@x", 0), ("a@x", 0), ("a@x", 0)], &[("b@x", 9)]),
            ["b@x", "a@x"]
        );
        // Alike: by address, so that the order does not change under the fingers.
        assert_eq!(order(&[("b@x", 0), ("a@x", 0)], &[]), ["a@x", "b@x"]);
        // One person, whatever the case; a name that is known is kept.
        let received = vec![
            (person("", "ANNA@x"), now),
            (person("Anna", "anna@x"), now),
            (person("no address", "nobody"), now),
        ];
        let all = ranked(received, Vec::new());
        let shown: Vec<String> = all.iter().map(|entry| spelled(&entry.address)).collect();
        assert_eq!(shown, ["Anna <ANNA@x>"]);
    }

    /// A store with one account whose command is this, and the answers about it.
    fn desk(
        command: &[&str],
    ) -> (
        tempfile::TempDir,
        AccountId,
        Sender<Lookup>,
        Receiver<Event>,
    ) {
        let directory = tempfile::tempdir().unwrap();
        let paths = crate::config::paths::FilePaths::under(directory.path());
        paths.create().unwrap();
        let files = crate::store::Paths {
            data: paths.data.clone(),
            cache: paths.cache.clone(),
        };
        let (events, news) = unbounded();
        let settings = crate::runtime::opened::account("home");
        let store = Store::open(&files, &[settings], events.clone()).unwrap();
        let account = store.account("home").unwrap();
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        let lookups = start(&store, events, BTreeMap::from([(account, command)])).unwrap();
        (directory, account, lookups, news)
    }

    fn lookup(account: AccountId, typed: &str) -> Lookup {
        Lookup {
            ticket: Ticket(3),
            account,
            typed: typed.to_owned(),
        }
    }

    /// The next answers about what was typed: what was found, and whether it comes behind other answers.
    fn answers(news: &Receiver<Event>, wanted: &str, n: usize) -> Vec<(Vec<String>, bool)> {
        let mut answers = Vec::new();
        while answers.len() < n {
            let event = news.recv_timeout(Duration::from_mins(2)).unwrap();
            if let Event::Addresses {
                typed,
                found,
                is_more,
                ..
            } = event
                && typed == wanted
            {
                answers.push((found, is_more));
            }
        }
        answers
    }

    #[test]
    fn what_the_users_own_command_knows_comes_behind_what_the_mail_knows() {
        // What was typed is its last argument, as it is.
        let command = ["printf", "searching\\nzoe@example.org\\tZoe; %s\\n"];
        let (_directory, account, lookups, news) = desk(&command);
        for typed in ["z", "zo $HOME"] {
            lookups.send(lookup(account, typed)).unwrap();
        }
        let expected = "\"Zoe; zo $HOME\" <zoe@example.org>".to_owned();
        let both = vec![(Vec::new(), false), (vec![expected], true)];
        assert_eq!(answers(&news, "zo $HOME", 2), both);
    }

    #[test]
    fn a_command_that_hangs_holds_up_nobody_and_is_given_up() {
        let directory = tempfile::tempdir().unwrap();
        let begun = directory.path().join("begun");
        let hangs = format!(
            "if test \"$0\" = slow; then : > {}; exec tail -f /dev/null; fi; printf 'zoe@example.org\\n'",
            begun.display()
        );
        let (_directory, account, lookups, news) = desk(&["sh", "-c", &hangs]);
        lookups.send(lookup(account, "slow")).unwrap();
        assert_eq!(answers(&news, "slow", 1), [(Vec::new(), false)]);
        let until = Instant::now() + Duration::from_mins(2);
        while !begun.exists() {
            assert!(Instant::now() < until, "the command was never asked");
            std::thread::park_timeout(Duration::from_millis(10));
        }
        // While it runs the mail is looked through all the same.
        lookups.send(lookup(account, "zo")).unwrap();
        let from_mail = (Vec::new(), false);
        let from_command = (vec!["zoe@example.org".to_owned()], true);
        assert_eq!(answers(&news, "zo", 2), [from_mail, from_command]);
    }
}
