//! Which folder is the drafts, the sent mail, the trash: the user's word, the server's attributes, common names.

use crate::mail::mailbox::{MailboxName, Namespace, Role};
use crate::store::sync_state::ListedMailbox;

/// Names under which servers without SPECIAL-USE keep the usual folders, lower case, the last level only.
const COMMON_NAMES: [(&str, Role); 16] = [
    ("drafts", Role::Drafts),
    ("draft", Role::Drafts),
    ("entwürfe", Role::Drafts),
    ("sent", Role::Sent),
    ("sent items", Role::Sent),
    ("sent messages", Role::Sent),
    ("sent mail", Role::Sent),
    ("gesendet", Role::Sent),
    ("archive", Role::Archive),
    ("archives", Role::Archive),
    ("junk", Role::Junk),
    ("spam", Role::Junk),
    ("junk e-mail", Role::Junk),
    ("trash", Role::Trash),
    ("deleted items", Role::Trash),
    ("deleted messages", Role::Trash),
];

/// Fills in roles: the user's word first, then the server's attributes, then common names for roles still free.
pub fn give_roles(listed: &mut [ListedMailbox], configured: &[(Role, String)]) {
    for (role, name) in configured {
        let wanted = MailboxName::from_display(name);
        // A server may spell a name in plain UTF-8.
        let is_meant =
            |mailbox: &ListedMailbox| mailbox.name == wanted || mailbox.name.display() == *name;
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
    for (common, role) in COMMON_NAMES {
        if listed.iter().any(|mailbox| mailbox.role == Some(role)) {
            continue;
        }
        let found = listed
            .iter_mut()
            .filter(|mailbox| mailbox.role.is_none() && mailbox.selectable)
            .filter(|mailbox| mailbox.namespace == Namespace::Personal)
            .find(|mailbox| {
                let name = mailbox.name.display().to_lowercase();
                let label = mailbox
                    .delimiter
                    .map(char::from)
                    .and_then(|delimiter| name.rsplit(delimiter).next());
                label.unwrap_or(&name) == common
            });
        if let Some(mailbox) = found {
            mailbox.role = Some(role);
        }
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
            subscribed: true,
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
}
