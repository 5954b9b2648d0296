//! A command beside the process that holds the account, where datagrams between the two are lost.

use std::time::Duration;

use sterna::engine::lock;
use sterna::engine::peers::{Message, Peers};
use sterna::mail::account::AccountId;

use crate::rig::Rig;
use crate::shell;

/// Nothing waited for here takes a hundredth of it on an idle machine.
const GUARD: Duration = Duration::from_mins(2);

#[test]
fn a_question_whose_answer_was_lost_is_asked_again() {
    let rig = Rig::new("headers");
    rig.deliver("Lunch");
    rig.ids("list --json");
    let account = AccountId::new(1);
    let data = rig.home.path().join(".local/share/sterna");
    let _lock = lock::try_take(&data, account).unwrap().unwrap();
    let runtime = rig.home.path().join("runtime/sterna");
    let holder = Peers::open_as(&runtime, u32::MAX).unwrap();
    let mut command = shell::spawn(&mut rig.command("sync"));
    let asked = || loop {
        let heard = holder.receive(Some(GUARD));
        if heard.as_ref() == Some(&Message::Sync(account)) {
            return true;
        }
        if heard.is_none() {
            return false; // Nobody asks any more.
        }
    };
    assert!(asked());
    // The answer to that is lost.
    assert!(asked(), "asked once only");
    holder.tell(Message::Synced(account));
    assert_eq!(command.wait().unwrap().code(), Some(0));
}
