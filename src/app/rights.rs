//! What stands against an act before anybody tries it: the rights that the server told.

use crate::app::act::Act;
use crate::app::folders::FolderPane;
use crate::app::present::folders::shown_name;
use crate::channel::rows::FolderRow;
use crate::mail::mailbox::MailboxId;
use crate::mail::rights::{Deed, refusal};

/// Why an act on messages of a mailbox cannot be done; `None` where nothing is known to stand against it.
#[must_use]
pub fn against(folders: &FolderPane, act: &Act, mailbox: MailboxId) -> Option<String> {
    let deed = match act {
        Act::Seen(_) | Act::SeenByItself => Some(Deed::MarkRead),
        Act::Starred(_) | Act::Tagged(_) => Some(Deed::Mark),
        Act::Copy(..) => None,
        _ => Some(Deed::Remove),
    };
    let refused = |row: &FolderRow, deed| refusal(row.rights, row.read_only, deed);
    let here = deed.and_then(|deed| refused(folders.of(mailbox)?, deed));
    here.or_else(|| {
        let row = folders.of(act.destination()?)?;
        refused(row, Deed::Add).map(|why| format!("{}: {why}", shown_name(row)))
    })
}
