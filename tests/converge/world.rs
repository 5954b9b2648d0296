//! A server, one Sterna, a rival, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};

use sterna::channel::operation::Target;
use sterna::demo::dialect::Dialect;
use sterna::demo::fault::{Fault, FaultKind, FaultPlan};
use sterna::engine::drain::plan::{self, Circumstances};
use sterna::engine::drain::rearrange;
use sterna::engine::once::Errands;
use sterna::mail::flag::SystemFlag;
use sterna::mail::message_id::MessageId;
use sterna::store::journal::OpenOperation;

use crate::equal::difference;
use crate::place::{Desk, Place, deliver};
use crate::random::Random;
use crate::taking_back::History;
use crate::view::{MAILBOXES, View, here, there};

/// Messages at the beginning.
const MESSAGES: u32 = 16;
/// The commands that a cut may hit.
const COMMANDS: [&str; 5] = ["UID STORE", "UID MOVE", "UID COPY", "UID EXPUNGE", "SELECT"];

pub struct World {
    pub place: Place,
    desk: Option<Desk>,
    pub random: Random,
    /// What the user did, as it must come out where no rival was there.
    pub expected: View,
    /// Messages that a rival, or a refusal, had to do with.
    pub touched: BTreeSet<u32>,
    /// Messages that somebody removed for good.
    pub removed: BTreeSet<u32>,
    /// How often a message was copied by the user.
    pub n_copies: BTreeMap<u32, usize>,
    /// Whether the user sees everything: the cache was not lost since the last sync.
    pub is_complete: bool,
    /// The messages that the user acted on.
    pub acted_on: BTreeMap<MessageId, u32>,
    /// What can be taken back, and what can be done again.
    pub history: History,
    /// Whether messages are deleted for good.
    pub deletes: bool,
    next: u32,
    /// What was done, for the message of a failed test.
    pub story: Vec<String>,
}

impl World {
    pub fn new(dialect: Dialect, seed: u64) -> Self {
        let place = Place::new(dialect);
        for mailbox in MAILBOXES {
            place.server.create(mailbox, None);
        }
        let mut random = Random::new(seed);
        for number in 1..=MESSAGES {
            let mailbox = *random.pick(&MAILBOXES);
            let flags: &[&str] =
                random.pick::<&[&str]>(&[&[], &["\\Seen"], &["\\Flagged", "todo"]]);
            deliver(&place.server, mailbox, number, flags);
        }
        let desk = place.open();
        desk.sync();
        let mut world = Self {
            expected: there(&place.server),
            place,
            desk: Some(desk),
            random,
            touched: BTreeSet::new(),
            removed: BTreeSet::new(),
            n_copies: BTreeMap::new(),
            is_complete: true,
            acted_on: BTreeMap::new(),
            history: History::default(),
            deletes: true,
            next: MESSAGES,
            story: Vec::new(),
        };
        assert_eq!(here(world.desk()), world.expected);
        world
    }

    pub const fn desk(&mut self) -> &mut Desk {
        self.desk.as_mut().unwrap()
    }

    /// All that was done, the commands that came of it, and what is still open.
    pub fn told(&mut self) -> String {
        let desk = self.desk.as_mut().unwrap();
        let open = desk.reader.open_operations(desk.account).unwrap();
        let shown = here(desk);
        format!(
            "{}\nopen: {open:?}\nshown: {shown:?}",
            self.story.join("\n")
        )
    }

    pub fn tell(&mut self, what: String) {
        self.story.push(what);
    }

    /// What was parked is before the user, who decides; it is as the server has it.
    pub fn forgive_parked(&mut self) {
        let desk = self.desk();
        let open = desk.reader.open_operations(desk.account).unwrap();
        let parked = open.iter().flat_map(|operation| operation.parked.iter());
        let numbers = parked.filter_map(|(target, _)| self.acted_on.get(&target.message));
        self.touched.extend(numbers);
    }

    /// Messages on their way: while nobody knows whether a move was made, its arrival may stand beside what was promised.
    pub fn in_doubt(&mut self) -> BTreeSet<u32> {
        let desk = self.desk.as_mut().unwrap();
        let open = desk.reader.open_operations(desk.account).unwrap();
        let open = open.iter().flat_map(|operation| operation.targets.iter());
        let sent = open
            .filter(|open| open.is_sent)
            .map(|open| open.target.message);
        sent.filter_map(|message| self.acted_on.get(&message).copied())
            .collect()
    }

    /// What is planned for a mailbox is the same whether all of the journal was read for it or what bears on it.
    fn plans_agree(&mut self) {
        let desk = self.desk();
        let (account, reader) = (desk.account, &mut desk.reader);
        for folder in reader.folders().unwrap() {
            let mailbox = folder.mailbox;
            let Some(validity) = reader.sync_state(mailbox).unwrap().validity else {
                continue;
            };
            let plan = |operations: &[OpenOperation]| {
                let circumstances = Circumstances {
                    now: i64::MAX,
                    unsettled: rearrange::unsettled(operations),
                    ..Circumstances::default()
                };
                plan::plan(operations, (mailbox, validity), &circumstances)
            };
            // The store may give addresses meanwhile, and so between two reads.
            let before = plan(&reader.open_operations_on(account, mailbox).unwrap());
            let all = plan(&reader.open_operations(account).unwrap());
            let after = plan(&reader.open_operations_on(account, mailbox).unwrap());
            assert!(
                all == before || all == after,
                "{mailbox:?}: {all:?}, not {before:?}"
            );
        }
    }

    /// What the user sees is what the user did, at once.
    pub fn look(&mut self) {
        self.plans_agree();
        self.forgive_parked();
        if self.is_complete {
            let mut touched = self.touched.clone();
            touched.extend(self.in_doubt());
            let expected = self.expected.without(&touched);
            let here = here(self.desk()).without(&touched);
            assert!(
                here == expected,
                "seen and done: {}\n{}",
                here.difference(&expected),
                self.told()
            );
        }
    }

    /// Another client acts.
    pub fn rival(&mut self) {
        let mailbox = *self.random.pick(&MAILBOXES);
        let truth = self.place.server.truth(mailbox);
        let Some(message) = truth.get(self.random.below(truth.len())) else {
            return self.arrive();
        };
        let uid = message.uid;
        let view = there(&self.place.server);
        let raw = String::from_utf8(self.place.server.raw(mailbox, uid).unwrap()).unwrap();
        let subject = raw
            .lines()
            .find_map(|line| line.strip_prefix("Subject: n"))
            .unwrap();
        let number: u32 = subject.parse().unwrap();
        let kind = self.random.below(4);
        self.touched.insert(number);
        match kind {
            0 => {
                self.removed.insert(number);
                self.place.server.expunge(mailbox, &[uid]);
                self.tell(format!("rival: expunge {number} of {mailbox}"));
            }
            1 => {
                let to = *self.random.pick(&MAILBOXES);
                if !view.holds(number, to) {
                    self.place.server.move_messages(mailbox, &[uid], to);
                    self.tell(format!("rival: move {number} of {mailbox} to {to}"));
                }
            }
            2 => {
                let flags: &[&str] = self.random.pick::<&[&str]>(&[&[], &["\\Seen", "theirs"]]);
                self.place.server.set_flags(mailbox, uid, flags);
                self.tell(format!("rival: {flags:?} on {number} of {mailbox}"));
            }
            _ => self.arrive(),
        }
    }

    fn arrive(&mut self) {
        self.next += 1;
        let number = self.next;
        let mailbox = *self.random.pick(&MAILBOXES);
        deliver(&self.place.server, mailbox, number, &[]);
        self.touched.insert(number); // The user sees it when it is synced.
        self.tell(format!("arrives: {number} in {mailbox}"));
    }

    /// The journal is replayed, or everything synced, over a connection that may break anywhere.
    pub fn connect(&mut self, breaks: bool) {
        let command = (*self.random.pick(&COMMANDS)).to_owned();
        let skip = u32::try_from(self.random.below(3)).unwrap();
        let kind = match self.random.below(4) {
            0 => FaultKind::DropOn { command },
            1 => FaultKind::PartOf {
                command: "UID MOVE".to_owned(),
                n_messages: self.random.below(3),
            },
            _ => FaultKind::CutIn {
                command,
                after: self.random.between(0, 120),
            },
        };
        let is_journal = self.random.below(2) == 0;
        if breaks {
            self.tell(format!(
                "connected, journal only: {is_journal}, {kind:?} after {skip}"
            ));
            self.place
                .server
                .set_faults(FaultPlan::new(vec![Fault::once(kind).after(skip)]));
        } else {
            self.tell(format!("connected, journal only: {is_journal}"));
        }
        let errands = if is_journal {
            Errands::Journal
        } else {
            Errands::Everything
        };
        let result = self.desk().once(&errands);
        self.place.heal();
        let log = self.place.server.log();
        let sent = log.iter().filter(|entry| {
            ![
                "LIST",
                "ID",
                "ENABLE",
                "NAMESPACE",
                "AUTHENTICATE",
                "MYRIGHTS",
                "GETQUOTAROOT",
            ]
            .contains(&entry.name.as_str())
        });
        let sent: Vec<String> = sent
            .map(|entry| format!("    {:.70}", entry.line))
            .collect();
        self.story.extend(sent);
        self.place.server.clear_log();
        match result {
            Ok(_) if !is_journal => self.is_complete = true,
            Ok(_) => {}
            Err(error) => {
                assert!(breaks, "{error}\n{}", self.story.join("\n"));
                self.tell(format!("  broke: {error}"));
            }
        }
        self.look();
    }

    /// The program ends and starts.
    pub fn restart(&mut self, loses_cache: bool) {
        self.tell(format!("restart, cache lost: {loses_cache}"));
        self.desk.take().unwrap().close();
        if loses_cache {
            std::fs::remove_dir_all(self.place.home.path().join("cache")).unwrap();
            self.is_complete = false;
            self.history.cache_is_lost();
        }
        self.desk = Some(self.place.open());
        self.look();
    }

    /// What is still to be sent, or where the two sides differ; `None` where they agree.
    pub fn difference(&mut self) -> Option<String> {
        let desk = self.desk.as_mut().unwrap();
        let open = desk.reader.open_operations(desk.account).unwrap();
        let is_open = |operation: &OpenOperation| {
            let is_parked =
                |target: &Target| operation.parked.iter().any(|(parked, _)| parked == target);
            operation
                .targets
                .iter()
                .any(|open| !is_parked(&open.target))
        };
        if let Some(operation) = open.iter().find(|operation| is_open(operation)) {
            return Some(format!("still open: {operation:?}"));
        }
        difference(&self.place.server, desk)
    }

    /// What is marked as deleted goes, as it does when another client leaves a mailbox: without UIDPLUS the originals of
    /// copies stay behind so.
    pub fn expunge_marked(&self) {
        for mailbox in MAILBOXES {
            let truth = self.place.server.truth(mailbox).into_iter();
            let marked = truth.filter(|it| it.flags.has(SystemFlag::Deleted));
            let uids: Vec<u32> = marked.map(|it| it.uid).collect();
            self.place.server.expunge(mailbox, &uids);
        }
    }

    /// The server numbers a mailbox anew.
    pub fn renumber(&mut self) {
        let mailbox = *self.random.pick(&MAILBOXES);
        self.tell(format!("renumbered: {mailbox}"));
        self.place.server.change_uid_validity(mailbox);
    }
}
