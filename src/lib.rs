//! Sterna, a terminal mail client: the architecture in one page.
//!
//! The mail server is the permanent home of the mail; Sterna is a fast, disconnected window on it. Code and protocol say
//! *mailbox*, the screen says *folder*.
//!
//! # Map
//!
//! ```text
//!  terminal ──key──▶ runtime ──Event──▶ app::update ──Effect──▶ runtime ──▶ store thread (the only writer)
//!     ▲                 ▲                                                        │  wakes
//!     └──cells── ui ◀───┴──── Event (rows, changes, states) ◀── rows, render     ▼
//!                                                       engine: lanes of each account ──▶ remote: IMAP
//! ```
//!
//! | module | owns | never |
//! |---|---|---|
//! | [`mail`] | the nouns: accounts, mailboxes, UIDs, flags, addresses, safe text | does I/O |
//! | [`mime`] | bytes to a message and to lines of text, with caps and a list of defects | fails, fetches anything |
//! | [`compose`] | mail that is written: replies, typed addresses, the bytes of a mail; pure | knows a clock, a disk or a server |
//! | [`command`] | one table of commands: names, keys, help | knows the model |
//! | [`channel`] | what crosses a thread: events, effects, jobs, rows, errors | has behaviour |
//! | [`config`] | the file as typed, then checked | starts anything half-configured |
//! | [`app`] | decides: the model and the pure `update` | sees a clock, a socket or a database |
//! | [`ui`] | draws: model to cells, pure | changes the model |
//! | [`store`] | this disk: `state.db`, `cache.db`, bodies; the writer thread, readers; all SQL; damage put aside, rescue, healing | talks to a server |
//! | [`local`] | mail in files of the user's: mbox, Maildir, single messages; the folders on this computer | changes what is not its own, knows the store |
//! | [`remote`] | the servers: transport (TCP, TLS with pins, COMPRESS), login, reader, pipeline, which way is taken with which capability, one file per group of IMAP commands; submission, a `Transport` of lettre's | knows the store |
//! | [`engine`] | the lanes: what is asked of a server when, and what its answers mean for the store; downloads in blocks; trusted keys | draws, decides for the user |
//! | [`terminal`] | raw mode and back, keys, signals | knows mail |
//! | [`cli`] | the commands without a screen, on the same store and engine | sees `app`, `ui`, `remote` |
//! | [`demo`] | an embedded server with sample mail; the tests' other side | shares code with `remote` |
//! | [`runtime`] | the loop, the crew of workers that parse messages, what is done aside for mail being written; the only module that knows all others | waits for network or disk |
//!
//! `tests/tidy.rs` checks who imports whom.
//!
//! # Threads
//!
//! - The drawing loop (`runtime`), the terminal's reader, the rows thread, and up to three workers for messages. What may
//!   take its time (an attachment, a program of the user's, a saved part) has a thread while it lasts.
//! - The store's writer. Everybody else reads by connections of their own.
//! - Per account a submission thread, while mail is to be sent or a draft to be copied; beside it one for what the mail
//!   server is asked then (Sent copies, drafts, uncertain mail), so that a silent one holds up no mail.
//! - Per account an *interactive* lane (the open folder, what the user waits for, the journal) and a *bulk* lane (gaps,
//!   bodies ahead, INBOX), each on a connection of its own; where the server has room for one only, the interactive lane
//!   does all. There is never a third connection: what is asked beside the lanes, also by another process, has the bulk
//!   lane's place for a moment, or the interactive one's where there is no other. A connection is opened on a thread of its
//!   own, so that a lane hears orders meanwhile.
//! - Per account a *local* lane for the folders on this computer, which needs no server. They are mailboxes of the account
//!   whose names begin with `On this computer/`, so the journal, its projection and undo know no difference; what goes
//!   between them and the server is the interactive lane's.
//!
//! # Invariants
//!
//! - **The drawing thread never waits.** It makes no network call and no write; lists come as windows of rows, so nothing
//!   on it is proportional to a mailbox.
//! - **A user action is one transaction on `state.db`.** Only then do counters rise; the cache shows a *projection* of open
//!   operations over what the server said, and can be rebuilt. Closing goes cache first, then journal: a crash in between
//!   repeats a step that changes nothing.
//! - **Server state merges under open operations.** A sync never takes back what the server has not acknowledged yet. What a
//!   move takes out of a list lies apart (`leaving`) until it ended, where the server's news still reach it.
//! - **What may have left is claimed first**, durably; so undo costs nothing for the rest, and after a cut it is known what
//!   to ask the server about before anything is sent twice.
//! - **Mail is sent once.** It is in `committing`, durably, before its final dot leaves; what a crash or a cut leaves there is
//!   uncertain, and only the user, or the mail itself where it is found, says more. A draft goes when its mail is accepted;
//!   it is saved over, or thrown away, only as it was seen last, else both stay, and its old copy on the server goes after
//!   the new one is there, or in the same step.
//! - **A message is a `MessageId`, for good.** Where it is, placements say; a UID is looked up when a command is built.
//!   Sequence numbers live in `remote` and in the bookkeeping of one connection. A Message-ID never is an address:
//!   it threads, and is one of the signs by which a message is found whose address is not known. What the journal or a
//!   draft means has its number again when the cache was lost.
//! - **Untagged data says itself what it is about** and is never attributed by its position between tagged answers.
//! - **How far a mailbox is known, SELECT tells.** No later word of a mod-sequence moves a sync point, so none hides a change.
//!   Where changes come in pieces (`metered`, or too many at once) the store remembers how far they came, and the sync point
//!   rises after the last one.
//! - **Foreign text becomes [`mail::safe_text::SafeText`]** before it reaches a cell, a title or a log line.
//! - **Nothing is lost without a word.** A damaged cache is put aside and filled again; over a damaged `state.db` nothing
//!   starts before the user chose, and commits that its log lost are missed; what a full disk refused is taken back on the screen, or done once there is room.
//! - **Errors are data.** The kind decides the treatment ([`channel::error::Recovery`]); no text is parsed to decide.
//! - **A panic costs one message or one connection**, never the account; so panics unwind in every profile. A parser that
//!   never ends is left behind with its message, which is shown raw; one that takes the process with it is found by a mark
//!   on the disk at the next start.
//! - **A key that the user trusts is the only one that counts** for that server; there is no switch around certificates.
//! - **No text is fetched twice, and none without end**: parts come in blocks, what came is kept, and `metered` bounds
//!   what one action may take: all connections of an account count on one [`engine::meter`], and who fetches asks it first.
//!
//! # One key press
//!
//! `I` (mark read) → `terminal::input` → `Event::Key` → `app::update` finds it in the command table, asks what is selected,
//! marks the rows and returns `Effect::Record` → the screen is repainted → the store thread commits the operation with its
//! targets and the values before → `Event::Recorded`: now the pending counter rises → the store projects it into `cache.db`
//! → its hold passes → the engine is woken → `engine::drain::plan` folds the open operations of the mailbox into as few commands as
//! possible → `engine::drain` claims their targets before it sends → tagged OK → the store closes the targets →
//! `Event::Closed`.
//!
//! # One server answer
//!
//! `* VANISHED 17` during IDLE → `remote::wire::framer` (one frame, whatever the segments were) → `remote::response` (typed) →
//! `engine::link::receive` applies it to the selected mailbox → the store removes the placement in its next transaction →
//! `Event::RowsChanged` → `app::update` asks for the window around the cursor → the rows thread reads it →
//! `Event::Rows` → one draw, the cursor still on its message.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::panic,
        clippy::print_stderr
    )
)]

pub mod app;
pub mod channel;
pub mod cli;
pub mod command;
pub mod compose;
pub mod config;
pub mod demo;
pub mod engine;
pub mod local;
pub mod mail;
pub mod mime;
pub mod remote;
pub mod runtime;
pub mod store;
pub mod terminal;
pub mod ui;
