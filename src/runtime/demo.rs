//! The demo: the embedded server, one account on it, and a directory that goes with it.

use std::io;
use std::time::Duration;

use tempfile::TempDir;

use crate::cli::place::Place;
use crate::config::paths::FilePaths;
use crate::config::ui_settings::UiSettings;
use crate::demo::server::{Options, Server};
use crate::mail::account::{AccountSettings, Endpoint, SecretSource, Security, SmtpServer};
use crate::mail::secret::Secret;

/// After how long a new mail arrives.
const ARRIVAL: Duration = Duration::from_secs(15);

/// A running demo.
pub struct Demo {
    server: Server,
    directory: TempDir,
}

impl Demo {
    /// Starts the server on loopback and makes the directory.
    ///
    /// # Errors
    /// No port or no directory can be had.
    pub fn start() -> io::Result<Self> {
        let directory = tempfile::Builder::new().prefix("sterna-demo-").tempdir()?;
        let server = Server::start(Options {
            arrival_after: Some(ARRIVAL),
            ..Options::demo()
        })?;
        Ok(Self { server, directory })
    }

    /// The demo as a place to work.
    #[must_use]
    pub fn place(&self, is_offline: bool) -> Place {
        Place {
            paths: FilePaths::under(self.directory.path()),
            accounts: vec![self.account()],
            ui: UiSettings::default(),
            is_offline,
            is_demo: true,
            is_online: false,
        }
    }

    fn account(&self) -> AccountSettings {
        let endpoint = |address: std::net::SocketAddr| {
            Endpoint::new(&address.ip().to_string(), address.port(), Security::Plain)
        };
        AccountSettings {
            display_name: "Robin Vogel".to_owned(),
            user: "demo".to_owned(),
            secret: SecretSource::Known(Secret::new("demo".to_owned())),
            smtp: Some(SmtpServer::new(endpoint(self.server.smtp_addr()), "demo")),
            ..AccountSettings::new(
                "demo",
                "robin@demo.example",
                endpoint(self.server.imap_addr()),
            )
        }
    }

    /// Ends the server and removes the directory.
    pub fn stop(self) {
        self.server.stop();
        let _ = self.directory.close();
    }
}
