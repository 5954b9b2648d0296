//! Who we are: ID. RFC 2971. The name of the program and its version; nothing of the user or of the machine.

use crate::remote::command::Command;
use crate::remote::strategy::capability::{Capabilities, Offer};
use crate::remote::strategy::quirks;

/// Says who we are, where the server wants to know: it offers ID, or is known to let nobody in without. Some look at it
/// before the first SELECT, so it goes first. `None` where it is switched off or of no use.
#[must_use]
pub fn id(capabilities: &Capabilities, host: &str) -> Option<Command> {
    let is_wanted = match capabilities.offer("ID") {
        Offer::Usable => true,
        Offer::Disabled | Offer::Distrusted => false,
        Offer::Missing => quirks::wants_id_before_select(host),
    };
    is_wanted.then(|| {
        Command::new("ID (\"name\" \"Sterna\" \"version\"").text(concat!(
            " \"",
            env!("CARGO_PKG_VERSION"),
            "\")"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_names_the_program_and_nothing_else() {
        let said = |names: &[&str], disable: &[&str], host: &str| {
            let owned = |names: &[&str]| {
                names
                    .iter()
                    .map(|&name| name.to_owned())
                    .collect::<Vec<_>>()
            };
            id(&Capabilities::new(&owned(names), &owned(disable)), host).map(|id| id.to_string())
        };
        let full = format!(
            "ID (\"name\" \"Sterna\" \"version\" \"{}\")",
            env!("CARGO_PKG_VERSION")
        );
        for (names, disable, host, expected) in [
            (&["ID"][..], &[][..], "imap.example.org", true),
            (&["ID"], &["id"], "imap.example.org", false),
            (&["IDLE"], &[], "imap.example.org", false),
            (&["IDLE"], &[], "imap.163.com", true),
            (&["ID"], &["ID"], "imap.163.com", false),
        ] {
            let expected = expected.then(|| full.clone());
            assert_eq!(
                said(names, disable, host),
                expected,
                "{names:?} {disable:?} {host}"
            );
        }
    }
}
