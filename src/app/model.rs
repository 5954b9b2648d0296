//! The model: everything that the screen shows, and what is still unanswered.

use std::collections::{BTreeMap, VecDeque};

use crate::app::composers::Composers;
use crate::app::folders::FolderPane;
use crate::app::keeping::Keeping;
use crate::app::keymap::Keymap;
use crate::app::layout::{Layout, Shape, layout};
use crate::app::list::MessageList;
use crate::app::message::MessagePane;
use crate::app::outbox::Outbox;
use crate::app::overlay::{Offer, Overlay, Password};
use crate::app::saves::Saves;
use crate::app::shown::Shown;
use crate::channel::event::Connection;
use crate::channel::key::Key;
use crate::channel::operation::Ticket;
use crate::channel::rows::RowKey;
use crate::command::keys::sequence_label;
use crate::command::preset::Pane;
use crate::command::table::of;
use crate::command::verb::Verb;
use crate::config::ui_settings::UiSettings;
use crate::mail::account::{AccountId, Protocol};
use crate::mail::composition::Identity;
use crate::mail::mailbox::MailboxId;
use crate::mail::safe_text::SafeText;

/// How many colours the screen may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colours {
    /// The user wants none (`NO_COLOR`).
    None,
    /// The palette of 256.
    #[default]
    Palette,
    /// Any: `COLORTERM` says so.
    True,
}

/// What the model is built from.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settings {
    /// The configured accounts, in the order of the configuration.
    pub accounts: Vec<(AccountId, SafeText)>,
    /// The table `[ui]`.
    pub ui: UiSettings,
    /// Words for the first row; `None` leaves it to the panes.
    pub banner: Option<SafeText>,
    /// How many colours there are, whatever the theme says.
    pub colours: Colours,
    /// The accounts that fetch no more than so much without a question.
    pub metered: Vec<AccountId>,
    /// The accounts of which nothing stays on this machine.
    pub online_only: Vec<AccountId>,
    /// Offline by choice from the start.
    pub offline: bool,
    /// Where attachments are saved when nothing else is said.
    pub downloads: String,
    /// The path of the configuration; empty where there is none to be changed.
    pub configuration: String,
    /// As whom each account logs in to which of its servers, and where: `anna@example.org at imap.example.org`.
    pub logins: Vec<(AccountId, Protocol, SafeText)>,
    /// Under which addresses the user writes, with the account that sends: those of each account, its own first.
    pub identities: Vec<(AccountId, Identity)>,
}

/// What is known of an account's connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Which.
    pub id: AccountId,
    /// Its name in the configuration.
    pub name: SafeText,
    /// What was last heard.
    pub connection: Connection,
    /// When the next attempt is due, in seconds since the epoch; `None` when none is planned.
    pub retry_at: Option<i64>,
}

/// Words on the status line, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Tells its timer from an older one's.
    pub number: u64,
    /// The words.
    pub text: SafeText,
    /// Whether something went wrong.
    pub is_alarm: bool,
}

/// The screen's state. Changed by `update` alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// What it was built from.
    pub settings: Settings,
    /// Which keys do what.
    pub keymap: Keymap,
    /// Terminal columns; 0 until the first `Event::Resize`.
    pub columns: u16,
    /// Terminal rows.
    pub rows: u16,
    /// Seconds since the epoch; 0 until the first `Event::Now`.
    pub now: i64,
    /// Seconds east of UTC.
    pub offset: i32,
    /// The pane that has the focus.
    pub focus: Pane,
    /// Whether the user hid the folder pane of a wide screen.
    pub folders_hidden: bool,
    /// The folder pane.
    pub folders: FolderPane,
    /// The list pane.
    pub list: MessageList,
    /// The message pane.
    pub message: MessagePane,
    /// The accounts, in the order of the configuration.
    pub accounts: Vec<Account>,
    /// Whether the user chose to work offline.
    pub offline_by_choice: bool,
    /// Keys of a sequence that goes on.
    pub pending_keys: Vec<Key>,
    /// What lies over the panes.
    pub overlay: Option<Overlay>,
    /// Words on the status line.
    pub notice: Option<Notice>,
    /// Attachments that are being saved.
    pub saves: Saves,
    /// The mails that are being written.
    pub composers: Composers,
    /// The mails on their way out.
    pub outbox: Outbox,
    /// The number of the reply that was asked for and has not come; `None` when none was.
    pub awaited_reply: Option<u64>,
    /// Where the next attachment is looked for.
    pub attach_directory: String,
    /// The user wants to end, and mail is still on its way.
    pub is_quitting: bool,
    /// What is kept on this machine and has not come.
    pub keeping: Keeping,
    /// Operations that are durable and not yet on the server.
    pub n_pending: u64,
    /// Actions that have not ended on the server, in the order in which they were made.
    pub shown: BTreeMap<Ticket, Shown>,
    /// Where the last message was moved or copied to: offered first.
    pub last_folder: Option<MailboxId>,
    /// Where the cursor was in folders that were open before.
    pub places: BTreeMap<MailboxId, RowKey>,
    /// Passwords that are wanted, beyond the one that is asked for.
    pub passwords: VecDeque<Password>,
    /// Passwords that may be stored and that the user was not asked about.
    pub offers: VecDeque<Offer>,
    /// Those that the user did not want to store then; asked about again on request.
    pub declined: Vec<Offer>,
    /// The window title that was last set.
    pub title: SafeText,
    /// When the next `Timer::Clock` is due; `None` when none runs.
    pub clock_due: Option<i64>,
    counter: u64,
}

impl Model {
    /// A screen before anything is known.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let first = if settings.offline {
            Connection::OfflineByChoice
        } else {
            Connection::Connecting
        };
        let accounts = settings
            .accounts
            .iter()
            .map(|(id, name)| Account {
                id: *id,
                name: name.clone(),
                connection: first.clone(),
                retry_at: None,
            })
            .collect();
        let saves = Saves {
            directory: settings.downloads.clone(),
            open: Vec::new(),
        };
        Self {
            keymap: Keymap::new(&settings.ui),
            offline_by_choice: settings.offline,
            accounts,
            settings,
            columns: 0,
            rows: 0,
            now: 0,
            offset: 0,
            focus: Pane::List,
            folders_hidden: false,
            folders: FolderPane::default(),
            list: MessageList::default(),
            message: MessagePane::default(),
            pending_keys: Vec::new(),
            overlay: None,
            notice: None,
            saves,
            composers: Composers::default(),
            outbox: Outbox::default(),
            awaited_reply: None,
            attach_directory: String::new(),
            is_quitting: false,
            keeping: Keeping::default(),
            n_pending: 0,
            shown: BTreeMap::new(),
            last_folder: None,
            places: BTreeMap::new(),
            passwords: VecDeque::new(),
            offers: VecDeque::new(),
            declined: Vec::new(),
            title: SafeText::default(),
            clock_due: None,
            counter: 0,
        }
    }

    /// Where everything is; `None` when the terminal is too small.
    #[must_use]
    pub fn layout(&self) -> Option<Layout> {
        layout(Shape {
            columns: self.columns,
            rows: self.rows,
            focus: self.focus,
            folders_hidden: self.folders_hidden,
            banner: self.settings.banner.is_some(),
            hints: self.settings.ui.hints,
            tabs: self.composers.tabs().next().is_some(),
            composer: self.composers.front().is_some(),
        })
    }

    /// What has the keys: the composer that is seen, else the pane with the focus.
    #[must_use]
    pub fn pane(&self) -> Pane {
        if self.composers.front().is_some() {
            Pane::Composer
        } else {
            self.focus
        }
    }

    /// Whether the message pane is on the screen.
    #[must_use]
    pub fn shows_message(&self) -> bool {
        self.layout().is_some_and(|layout| layout.message.is_some())
    }

    /// Rows of a pane without its title; 1 when it is not on the screen.
    #[must_use]
    pub fn height(&self, pane: Pane) -> usize {
        let area = self.layout().and_then(|layout| match pane {
            Pane::Folders => layout.folders,
            Pane::List => layout.list,
            Pane::Message => layout.message,
            Pane::Composer => layout.composer,
        });
        area.map_or(1, |area| usize::from(area.below_title().rows).max(1))
    }

    /// Columns of the message pane, or those that it would have.
    #[must_use]
    pub fn message_columns(&self) -> u16 {
        self.layout()
            .and_then(|layout| layout.message)
            .map_or(self.columns, |area| area.columns)
    }

    /// The keys of a command as words may name them: the first sequence that is bound to it, else its name after `:`.
    #[must_use]
    pub fn keys(&self, verb: Verb) -> String {
        let bound = self.keymap.keys_of(verb).next().map(sequence_label);
        bound.unwrap_or_else(|| format!(":{}", of(verb).map_or("", |command| command.name)))
    }

    /// An account by its number.
    #[must_use]
    pub fn account(&self, id: AccountId) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// A number that was not given out before: for tickets, requests and timers.
    pub fn next_number(&mut self) -> u64 {
        self.counter = self.counter.saturating_add(1);
        self.counter
    }
}
