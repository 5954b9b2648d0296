//! Which folder is for what, seen as reading sees it: what it does without fails no check, and a list that it would ask for
//! once more is asked for once more.

use crate::channel::error::RemoteError;
use crate::engine::checkup::findings::{Check, Checkup, Outcome, Way};
use crate::engine::checkup::{ask, mends};
use crate::engine::link::listing::{Listing, listed};
use crate::engine::link::namespaces::Spaces;
use crate::mail::mailbox::Role;
use crate::remote::command::{Command, list};
use crate::remote::response::Untagged;
use crate::remote::session::Session;
use crate::store::sync_state::ListedMailbox;

/// What is told beside the folders: words about how they were found, and what could be done about that.
#[derive(Default)]
struct Remarks {
    words: Vec<String>,
    mends: Vec<String>,
}

impl Checkup {
    /// Looks at the folders.
    ///
    /// # Errors
    /// The connection ended. A server that lists no folder is in the findings.
    pub(super) fn folders(
        &mut self,
        way: &Way<'_>,
        session: &mut Session,
    ) -> Result<(), RemoteError> {
        let mut remarks = Remarks::default();
        let mut spaces = spaces(session, &mut remarks)?;
        let listing = listing(way, session, &mut remarks)?;
        if let Some(error) = listing.fault() {
            let (detail, mend) = (error.to_string(), mends::unlisted());
            self.add(Check::Folders, Outcome::Failed, &detail, Some(mend));
            self.failure = Some(error);
            return Ok(());
        }
        spaces.guess(&listing.entries);
        let folders = listed(&listing, &spaces, &way.settings.folders, &[]);
        self.roles(&folders, remarks);
        Ok(())
    }

    fn roles(&mut self, folders: &[ListedMailbox], mut remarks: Remarks) {
        let wanted = [
            Role::Sent,
            Role::Drafts,
            Role::Trash,
            Role::Archive,
            Role::Junk,
        ];
        let (mut found, mut missing) = (vec![format!("{} folders", folders.len())], Vec::new());
        for role in wanted {
            match folders.iter().find(|folder| folder.role == Some(role)) {
                Some(folder) => found.push(format!("{}: {}", role.name(), folder.name.display())),
                None => missing.push(role.name()),
            }
        }
        let mut details = vec![found.join(", ")];
        if let Some(first) = missing.first() {
            details.push(format!("none for {}", missing.join(", ")));
            remarks.mends.insert(
                0,
                format!(
                    "name the folder in the configuration: folders = {{ {first} = \"…\" }}, or create one called {first}"
                ),
            );
        }
        details.append(&mut remarks.words);
        let detail = details.join("; ");
        if remarks.mends.is_empty() {
            return self.fine(Check::Folders, &detail);
        }
        let mend = Some(remarks.mends.join("; "));
        self.add(Check::Folders, Outcome::Doubtful, &detail, mend);
    }
}

/// Whose the folders are, as far as the server says so.
fn spaces(session: &mut Session, remarks: &mut Remarks) -> Result<Spaces, RemoteError> {
    let mut spaces = Spaces::default();
    if !session.capabilities().has("NAMESPACE") {
        return Ok(spaces);
    }
    match ask(session, list::namespace()) {
        Err(RemoteError::Refused { text, .. }) => remarks.words.push(format!(
            "NAMESPACE is offered and refused (\"{text}\"): whose a folder is was not told"
        )),
        answers => {
            spaces.told = answers?.into_iter().find_map(|untagged| match untagged {
                Untagged::Namespace(told) => Some(told),
                _ => None,
            });
        }
    }
    Ok(spaces)
}

/// The folders, asked for once more in plain words where reading would.
fn listing(
    way: &Way<'_>,
    session: &mut Session,
    remarks: &mut Remarks,
) -> Result<Listing, RemoteError> {
    let mut listing = Listing::default();
    let names = list::names(session.capabilities());
    hear(session, names, &mut listing)?;
    let is_extended = session.capabilities().has("LIST-EXTENDED");
    let is_dubious = listing.is_in_doubt() || (is_extended && listing.has_subscribed_alone());
    if !is_dubious {
        return Ok(listing);
    }
    let fault = match &listing.refusal {
        Some(RemoteError::Refused { text, .. }) => format!("is refused (\"{text}\")"),
        _ => "leaves folders out".to_owned(),
    };
    listing.begin_again();
    hear(session, list::plain(), &mut listing)?;
    if listing.unite() && is_extended {
        session.distrust("LIST-EXTENDED");
        remarks.words.push(format!(
            "the extended LIST {fault}: Sterna asks again, and goes by the plain LIST"
        ));
        remarks.mends.push(mends::distrusted(way));
    }
    if listing.refusal.is_none() && !listing.entries.is_empty() && listing.is_in_doubt() {
        let words = "INBOX is in no list, and is read all the same";
        remarks.words.push(words.to_owned());
    }
    Ok(listing)
}

/// Asks for folders and adds them to a list, or why there are none.
fn hear(session: &mut Session, command: Command, listing: &mut Listing) -> Result<(), RemoteError> {
    match ask(session, command) {
        Err(RemoteError::Refused { text, .. }) => {
            let action = "list the folders";
            listing.refusal = Some(RemoteError::Refused { action, text });
        }
        answers => {
            let entries = answers?.into_iter().filter_map(|untagged| match untagged {
                Untagged::List(entry) => Some(entry),
                _ => None,
            });
            listing.entries.extend(entries);
        }
    }
    Ok(())
}
