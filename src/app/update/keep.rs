//! Keeping messages on this machine: how much it is comes first, then the answer, then the bodies, beside everything else.

use crate::app::keeping::{Offer, Scope};
use crate::app::model::Model;
use crate::app::overlay::{Overlay, Question};
use crate::app::present::number::{grouped, size};
use crate::app::selection::Purpose;
use crate::app::update::triage::{Subject as Chosen, subject};
use crate::app::update::{notice, select};
use crate::channel::effect::Effect;
use crate::channel::event::Connection;
use crate::channel::kept::{Missing, News, Subject, Weight, WeightQuery};
use crate::channel::operation::Target;
use crate::channel::rows::{SelectionQuery, Wanted};
use crate::command::preset::Pane;
use crate::command::verb::Verb;
use crate::mail::account::AccountId;
use crate::mail::mailbox::MailboxId;

/// Asks the store how much the message or the selection is; in the folder pane, the folder.
pub fn keep(model: &mut Model) -> Vec<Effect> {
    if model.focus == Pane::Folders {
        return scope(model, Scope::Folder);
    }
    match subject(model) {
        Chosen::Known(targets) => these(model, targets),
        Chosen::Range(what) => select::gather(model, what, Purpose::Keep),
        Chosen::Nothing(why) => notice::say(model, why),
    }
}

/// Asks the store how much these messages are.
pub fn these(model: &mut Model, mut targets: Vec<Target>) -> Vec<Effect> {
    targets.sort_unstable();
    targets.dedup();
    weigh(model, Scope::Chosen, Subject::Messages(targets))
}

/// Asks the store how much a thread, a list or a folder is.
pub fn scope(model: &mut Model, scope: Scope) -> Vec<Effect> {
    let is_folder = scope == Scope::Folder;
    let folder = model.folders.current().filter(|_| is_folder);
    let mailbox = folder.map(|row| row.mailbox).or(model.list.mailbox);
    let Some(mailbox) = mailbox else {
        return notice::say(model, "no folders yet");
    };
    let wanted = match (scope, model.list.current()) {
        (Scope::Thread, Some(row)) => Wanted::Thread(row.thread),
        _ => Wanted::All,
    };
    let limit = if scope == Scope::List {
        model.list.limit.clone()
    } else {
        String::new()
    };
    let list = SelectionQuery {
        mailbox,
        limit,
        wanted,
        serial: 0,
    };
    weigh(model, scope, Subject::List(list))
}

fn weigh(model: &mut Model, scope: Scope, subject: Subject) -> Vec<Effect> {
    let account = match &subject {
        Subject::Messages(targets) => targets.first().and_then(|one| owner(model, one.mailbox)),
        Subject::List(list) => owner(model, list.mailbox),
    };
    if account.is_some_and(|account| model.settings.online_only.contains(&account)) {
        let words = "this account keeps nothing on this machine: offline = \"none\"";
        return notice::say(model, words);
    }
    let serial = model.next_number();
    model.keeping.asked = Some((serial, scope));
    vec![Effect::Weigh(WeightQuery { subject, serial })]
}

fn owner(model: &Model, mailbox: MailboxId) -> Option<AccountId> {
    model.folders.of(mailbox).map(|row| row.account)
}

/// Takes news in.
pub fn happened(model: &mut Model, news: News) -> Vec<Effect> {
    match news {
        News::Weighed { serial, weight } => weighed(model, serial, weight),
        News::Changed {
            accounts,
            n_changed,
            on,
        } => changed(model, &accounts, n_changed, on),
        News::Missing(missing) => came(model, missing),
        News::Beyond {
            account,
            bytes,
            limit,
        } => beyond(model, account, bytes, limit),
    }
}

/// The store's answer: what is not kept yet is offered, what is kept is let go, which takes nothing away.
fn weighed(model: &mut Model, serial: u64, weight: Weight) -> Vec<Effect> {
    let asked = model.keeping.asked.take_if(|(open, _)| *open == serial);
    let Some((_, scope)) = asked else {
        return Vec::new(); // Something else was asked since.
    };
    if weight.messages.is_empty() {
        return notice::say(model, "no message here");
    }
    if weight.is_all_kept() {
        return vec![Effect::Keep(weight.messages, false)];
    }
    if model.overlay.is_some() {
        return Vec::new(); // The user has gone on to something else.
    }
    let folder = match scope {
        Scope::Folder => model.folders.current(),
        Scope::List if model.list.limit.is_empty() => {
            model.list.mailbox.and_then(|id| model.folders.of(id))
        }
        _ => None,
    };
    let total = folder.and_then(|row| row.total).unwrap_or_default();
    let n_unlisted = total.saturating_sub(weight.n_matching);
    model.overlay = Some(Overlay::Question(Question::Keep(Offer {
        scope,
        weight,
        n_unlisted,
    })));
    Vec::new()
}

/// Messages are kept from now on, or no longer.
fn changed(model: &mut Model, accounts: &[AccountId], n_changed: u64, on: bool) -> Vec<Effect> {
    let n = if n_changed == 1 {
        "1 message".to_owned()
    } else {
        format!("{} messages", grouped(n_changed))
    };
    if !on {
        return notice::say(model, &format!("{n} let go: they stay while there is room"));
    }
    let is_cut_off = |account: &AccountId| {
        let known = model.account(*account).map(|known| &known.connection);
        matches!(
            known,
            Some(Connection::Offline { .. } | Connection::OfflineByChoice)
        )
    };
    let text = if accounts.iter().any(is_cut_off) {
        format!("{n} marked to be kept; what is missing comes with the next connection")
    } else {
        let keys = model.keys(Verb::Cancel);
        format!("keeping {n} on this machine; {keys} stops fetching")
    };
    model.list.selection.clear();
    notice::say(model, &text)
}

/// How far the bodies are that have to come.
fn came(model: &mut Model, missing: Missing) -> Vec<Effect> {
    if model.keeping.note(missing) {
        return notice::say(model, "everything that you keep is on this machine");
    }
    Vec::new()
}

/// What is kept is more than an account may hold.
fn beyond(model: &mut Model, account: AccountId, bytes: u64, limit: u64) -> Vec<Effect> {
    let name = model.account(account).map(|known| known.name.clone());
    let (bytes, limit) = (size(bytes), size(limit));
    let text = format!(
        "{}: what you keep takes {bytes}, more than cache-size ({limit}); nothing of it goes",
        name.unwrap_or_default()
    );
    notice::alarm(model, &text)
}

/// Fetches no more of what is to be kept; `None` when nothing is coming.
pub fn cancel(model: &mut Model) -> Option<Vec<Effect>> {
    let is_coming = |missing: &&Missing| missing.is_coming;
    let missing = *model.keeping.missing.iter().find(is_coming)?;
    model.keeping.forget(missing.account);
    Some(vec![Effect::StopKeeping(missing.account)])
}
