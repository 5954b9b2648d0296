//! Which folder is the drafts, the sent mail, the trash: the user's word, the server's attributes, common names.

use crate::mail::mailbox::{MailboxName, Namespace, Role};
use crate::store::sync_state::ListedMailbox;

/// Names under which servers without SPECIAL-USE keep the usual folders, lower case, the last level only.
const COMMON_NAMES: &[(&str, Role)] = &[
    ("drafts", Role::Drafts),
    ("draft", Role::Drafts),
    ("entwürfe", Role::Drafts),
    ("brouillons", Role::Drafts),
    ("borradores", Role::Drafts),
    ("bozze", Role::Drafts),
    ("concepten", Role::Drafts),
    ("sent", Role::Sent),
    ("sent items", Role::Sent),
    ("sent messages", Role::Sent),
    ("sent mail", Role::Sent),
    ("gesendet", Role::Sent),
    ("gesendete elemente", Role::Sent),
    ("gesendete objekte", Role::Sent),
    ("envoyés", Role::Sent),
    ("éléments envoyés", Role::Sent),
    ("messages envoyés", Role::Sent),
    ("enviados", Role::Sent),
    ("elementos enviados", Role::Sent),
    ("posta inviata", Role::Sent),
    ("verzonden items", Role::Sent),
    ("archive", Role::Archive),
    ("archives", Role::Archive),
    ("archiv", Role::Archive),
    ("archivo", Role::Archive),
    ("archivio", Role::Archive),
    ("archief", Role::Archive),
    ("junk", Role::Junk),
    ("spam", Role::Junk),
    ("junk e-mail", Role::Junk),
    ("junk-e-mail", Role::Junk),
    ("courrier indésirable", Role::Junk),
    ("correo no deseado", Role::Junk),
    ("posta indesiderata", Role::Junk),
    ("ongewenste e-mail", Role::Junk),
    ("trash", Role::Trash),
    ("deleted items", Role::Trash),
    ("deleted messages", Role::Trash),
    ("papierkorb", Role::Trash),
    ("gelöschte elemente", Role::Trash),
    ("gelöschte objekte", Role::Trash),
    ("corbeille", Role::Trash),
    ("éléments supprimés", Role::Trash),
    ("papelera", Role::Trash),
    ("elementos eliminados", Role::Trash),
    ("cestino", Role::Trash),
    ("posta eliminata", Role::Trash),
    ("prullenbak", Role::Trash),
    ("verwijderde items", Role::Trash),
];

/// Fills in roles: the user's word first, then the server's attributes, then what is `known` from before, then common names
/// for roles still free.
pub fn give_roles(
    listed: &mut [ListedMailbox],
    configured: &[(Role, String)],
    known: &[(Role, MailboxName)],
) {
    for (role, name) in configured {
        let wanted = MailboxName::from_display(name);
        // A server may spell a name in plain UTF-8, and begin it with the prefix of the user's own folders.
        let is_meant = |mailbox: &ListedMailbox| {
            let shown = mailbox.name.raw().get(mailbox.prefix_bytes..);
            let shown = MailboxName::from_raw(shown.unwrap_or_default());
            [&mailbox.name, &shown]
                .iter()
                .any(|is| **is == wanted || is.display() == *name)
        };
        if let Some(at) = listed.iter().position(is_meant) {
            for (index, mailbox) in listed.iter_mut().enumerate() {
                if index == at {
                    mailbox.role = Some(*role);
                } else if mailbox.role == Some(*role) {
                    mailbox.role = None;
                }
            }
        }
    }
    for (role, name) in known {
        let is_given = listed.iter().any(|mailbox| mailbox.role == Some(*role));
        let mut same = listed.iter_mut().filter(|mailbox| mailbox.name == *name);
        if let (false, Some(mailbox)) = (is_given, same.next()) {
            mailbox.role = mailbox.role.or(Some(*role));
        }
    }
    for &(common, role) in COMMON_NAMES {
        if listed.iter().any(|mailbox| mailbox.role == Some(role)) {
            continue;
        }
        let named = listed
            .iter_mut()
            .filter(|mailbox| mailbox.role.is_none() && mailbox.selectable)
            .filter(|mailbox| mailbox.namespace == Namespace::Personal)
            .filter(|mailbox| levels(mailbox).last().is_some_and(|last| last == common));
        // The archive of one project is not that of all mail.
        let found = named.min_by_key(|mailbox| levels(mailbox).len());
        if let Some(mailbox) = found {
            mailbox.role = Some(role);
        }
    }
}

/// The levels of a name, in lower case.
fn levels(mailbox: &ListedMailbox) -> Vec<String> {
    let name = mailbox.name.display().to_lowercase();
    match mailbox.delimiter.map(char::from) {
        Some(delimiter) => name.split(delimiter).map(str::to_owned).collect(),
        None => vec![name],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox(name: &str, role: Option<Role>) -> ListedMailbox {
        ListedMailbox {
            name: MailboxName::from_display(name),
            delimiter: Some(b'/'),
            attributes: Vec::new(),
            role,
            subscribed: Some(true),
            selectable: true,
            ..ListedMailbox::default()
        }
    }

    #[test]
    fn roles_come_from_the_user_then_the_server_then_names() {
        let mut listed = vec![
            mailbox("INBOX", Some(Role::Inbox)),
            mailbox("Sent", Some(Role::Sent)),
            mailbox("Gesendet", None),
            mailbox("Old/Trash", None),
            mailbox("Spam", None),
            mailbox("Junk", Some(Role::Junk)),
        ];
        give_roles(
            &mut listed,
            &[
                (Role::Sent, "Gesendet".to_owned()),
                (Role::Archive, "Missing".to_owned()),
            ],
            &[],
        );
        let roles: Vec<Option<Role>> = listed.iter().map(|mailbox| mailbox.role).collect();
        let expected = [
            Some(Role::Inbox),
            None,
            Some(Role::Sent),
            Some(Role::Trash),
            None,
            Some(Role::Junk),
        ];
        assert_eq!(roles, expected);
    }

    #[test]
    fn names_of_other_languages_are_known_and_the_highest_folder_counts() {
        let mut listed = vec![
            mailbox("Projekte/Archiv", None),
            mailbox("Archiv", None),
            mailbox("Gelöschte Elemente", None),
            mailbox("INBOX/Brouillons", None),
        ];
        give_roles(&mut listed, &[], &[]);
        let roles: Vec<Option<Role>> = listed.iter().map(|mailbox| mailbox.role).collect();
        let expected = [
            None,
            Some(Role::Archive),
            Some(Role::Trash),
            Some(Role::Drafts),
        ];
        assert_eq!(roles, expected);
    }

    #[test]
    fn what_was_known_stands_before_a_common_name_and_behind_what_is_told_now() {
        let mut listed = vec![
            mailbox("Sent", None),
            mailbox("Ausgang", None),
            mailbox("Müll", Some(Role::Trash)),
            mailbox("Alt", None),
        ];
        let known = [
            (Role::Sent, "Ausgang"),
            (Role::Trash, "Alt"),
            (Role::Junk, "Missing"),
        ];
        let known = known.map(|(role, name)| (role, MailboxName::from_display(name)));
        give_roles(&mut listed, &[], &known);
        let roles: Vec<Option<Role>> = listed.iter().map(|mailbox| mailbox.role).collect();
        assert_eq!(roles, [None, Some(Role::Sent), Some(Role::Trash), None]);
    }
}
