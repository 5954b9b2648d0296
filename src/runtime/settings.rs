//! What the screen is built from: the configuration, the store and the environment.

use crate::app::model::{Colours, Settings};
use crate::cli::place::Place;
use crate::mail::account::{AccountId, Protocol};
use crate::mail::safe_text::SafeText;
use crate::runtime::writing::identities;
use crate::store::Store;

/// What the model is built from.
#[must_use]
pub fn settings(place: &Place, store: &Store) -> Settings {
    let accounts = place.accounts.iter().filter_map(|settings| {
        let account = store.account(&settings.name)?;
        Some((account, SafeText::line(&settings.name)))
    });
    Settings {
        accounts: accounts.collect(),
        ui: place.ui.clone(),
        banner: place
            .is_demo
            .then(|| SafeText::line("Demo: nothing leaves this machine")),
        colours: colours(),
        offline: place.is_offline,
        downloads: place.downloads(),
        configuration: place.paths.config.display().to_string(),
        metered: place.metered(store),
        logins: logins(place, store),
        identities: identities(&place.numbered(store)),
        online_only: place.online_only(store),
    }
}

fn logins(place: &Place, store: &Store) -> Vec<(AccountId, Protocol, SafeText)> {
    let mut logins = Vec::new();
    for (account, settings) in place.numbered(store) {
        let smtp = settings.smtp.as_ref().map(|smtp| &smtp.endpoint);
        let servers = [
            (Protocol::Imap, Some(&settings.imap)),
            (Protocol::Smtp, smtp),
        ];
        for (protocol, server) in servers {
            let Some(endpoint) = server else { continue };
            let who = settings.user_at(protocol);
            let text = SafeText::line(&format!("{who} at {}", endpoint.host));
            logins.push((account, protocol, text));
        }
    }
    logins
}

/// What the environment says of colours: none by <https://no-color.org>, all where `COLORTERM` promises them.
#[must_use]
pub fn colours() -> Colours {
    if std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) {
        return Colours::None;
    }
    match std::env::var("COLORTERM").as_deref() {
        Ok("truecolor" | "24bit") => Colours::True,
        _ => Colours::Palette,
    }
}
