//! Completion of addresses on a thread of its own: those of the mail on this machine by how often and how lately they
//! were used, then what the user's own command prints. Latest wins.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::channel::operation::Ticket;
use crate::compose::address::{is_meant, words};
use crate::mail::account::AccountId;
use crate::mail::address::Address;
use crate::runtime::address_book::{Entry, is_usable, people, spelled};
use crate::runtime::output;
use crate::runtime::writing::Author;
use crate::store::Store;
use crate::store::reader::Reader;

/// Answers at the most.
const MOST: usize = 8;
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
    author: Arc<Author>,
) -> Result<Sender<Lookup>, StoreError> {
    let (sender, lookups) = unbounded();
    let desk = Desk {
        author,
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

struct Desk {
    reader: Reader,
    /// Whose addresses are the user's own.
    author: Arc<Author>,
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
            let own = self.author.own(account);
            let people = people(&mut self.reader, account, own).unwrap_or_default();
            self.books.insert(account, (Instant::now(), people));
        }
        let book = self.books.get(&account);
        book.map_or(&[], |(_, people)| people.as_slice())
    }
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
        let (commands, author) = (BTreeMap::from([(account, command)]), Author::of(&[]));
        let lookups = start(&store, events, commands, Arc::new(author)).unwrap();
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
