//! Where a run of Sterna works: its files, its accounts, its options. The same for the screen and the command line.

use crossbeam_channel::Sender;

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::cli::exit::Exit;
use crate::cli::run::Failure;
use crate::config;
use crate::config::paths::FilePaths;
use crate::config::ui_settings::UiSettings;
use crate::engine::bodies::policy;
use crate::engine::lock;
use crate::mail::account::{AccountId, AccountSettings, Offline};
use crate::mail::safe_text::SafeText;
use crate::store::{Paths, Store};

/// What a run works with.
pub struct Place {
    /// Files and directories.
    pub paths: FilePaths,
    /// The accounts, in the order of the configuration.
    pub accounts: Vec<AccountSettings>,
    /// How the screen behaves.
    pub ui: UiSettings,
    /// No network, by choice.
    pub is_offline: bool,
    /// The demo: said on the first line, and its cache is filled before a command looks at it.
    pub is_demo: bool,
    /// The online model for this run: what a command looks at is fetched first, and nothing stays.
    pub is_online: bool,
}

impl Place {
    /// Where the store's files lie.
    #[must_use]
    pub fn store_paths(&self) -> Paths {
        Paths {
            data: self.paths.data.clone(),
            cache: self.paths.cache.clone(),
        }
    }

    /// Opens the store of this run.
    ///
    /// # Errors
    /// As the store says.
    pub fn open_store(&self, events: Sender<Event>) -> Result<Store, StoreError> {
        let store = Store::open(&self.store_paths(), &self.accounts, events)?;
        self.purge(&store); // A run that was killed could not clear up behind itself.
        Ok(store)
    }

    /// The accounts that fetch no more than so much without a question.
    #[must_use]
    pub fn metered(&self, store: &Store) -> Vec<AccountId> {
        let numbered = self.numbered(store).into_iter();
        let metered = numbered.filter(|(_, settings)| settings.metered_bytes.is_some());
        metered.map(|(account, _)| account).collect()
    }

    /// The accounts of which nothing stays on this machine.
    #[must_use]
    pub fn online_only(&self, store: &Store) -> Vec<AccountId> {
        let numbered = self.numbered(store).into_iter();
        let online = numbered.filter(|(_, settings)| settings.keeps_nothing());
        online.map(|(account, _)| account).collect()
    }

    /// The directory that is offered for attachments; in the demo one that goes with it.
    #[must_use]
    pub fn downloads(&self) -> String {
        let directory = if self.is_demo {
            Some(self.paths.state.clone())
        } else {
            config::download_directory()
        };
        directory.map_or_else(String::new, |path| path.display().to_string())
    }

    /// The accounts with their numbers.
    #[must_use]
    pub fn numbered(&self, store: &Store) -> Vec<(AccountId, &AccountSettings)> {
        self.accounts
            .iter()
            .filter_map(|settings| Some((store.account(&settings.name)?, settings)))
            .collect()
    }

    /// What is said of an account that the configuration does not have.
    #[must_use]
    pub fn no_account(&self, wanted: &str) -> Failure {
        let names: Vec<&str> = self.accounts.iter().map(|one| one.name.as_str()).collect();
        let text = format!(
            "there is no account \"{wanted}\"; the configuration has: {}",
            names.join(", ")
        );
        Failure::new(Exit::Data, SafeText::line(&text).as_str())
    }

    /// Has accounts and folders of the online model leave nothing behind, unless another process is at work with them.
    pub fn purge(&self, store: &Store) {
        for (account, settings) in self.numbered(store) {
            let exceptions = settings.offline_folders.iter().map(|(_, offline)| offline);
            let mut wanted = exceptions.chain(std::iter::once(&settings.offline));
            if wanted.all(|offline| *offline != Offline::None) {
                continue;
            }
            let Ok(Some(_lock)) = lock::try_take(&self.paths.data, account) else {
                continue;
            };
            if settings.keeps_nothing() {
                let _ = store.writer().purge(account);
                continue;
            }
            let known = store
                .reader()
                .and_then(|mut reader| reader.mailboxes(account))
                .unwrap_or_default();
            let online = known
                .iter()
                .filter(|info| policy(settings, &info.name.display()) == Offline::None);
            let _ = store.writer().forget(online.map(|info| info.id).collect());
        }
    }
}
