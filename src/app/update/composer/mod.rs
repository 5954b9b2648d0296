//! Composers: opened, put to the front and closed. What happens inside of one is in the other files here.

pub mod attach;
pub mod completion;
pub mod drafts;
pub mod editor;
pub mod pointer;
pub mod quit;
pub mod reply;
pub mod review;
pub mod sending;
pub mod typing;

use crate::app::composer::{Composer, Place, Then};
use crate::app::composer_shape::composer_shape;
use crate::app::model::Model;
use crate::app::text_area;
use crate::app::update::notice;
use crate::channel::draft::Base;
use crate::channel::effect::Effect;
use crate::config::ui_settings::Editor;
use crate::mail::account::AccountId;
use crate::mail::composition::{Composition, Identity};
use crate::mail::safe_text::SafeText;

/// The most that are open at once.
const MAX_OPEN: usize = 20;

/// Begins a new mail.
pub fn new(model: &mut Model) -> Vec<Effect> {
    begin(model, Composition::default())
}

/// Begins a mail that has something in it already, as from a `mailto:` address; its writer's name comes from here.
pub fn begin(model: &mut Model, mut composition: Composition) -> Vec<Effect> {
    let Some((account, identity)) = usual_identity(model) else {
        return no_server(model, None);
    };
    let fresh = crate::compose::reply::fresh(&identity);
    composition.from = fresh.from;
    composition.body = format!("{}{}", composition.body, fresh.body);
    open(model, account, Base::New, composition)
}

/// Begins a mail that another program asks for; what it asked for in vain is said.
pub fn asked(model: &mut Model, composition: Composition, left_out: &[SafeText]) -> Vec<Effect> {
    let mut effects = begin(model, composition);
    if !left_out.is_empty() {
        let names: Vec<&str> = left_out.iter().map(SafeText::as_str).collect();
        let text = format!("left out of what the link asked for: {}", names.join(", "));
        effects.extend(notice::alarm(model, &text));
    }
    effects
}

/// Says what is to be configured so that an account can send: this one, or where that is all the same the first.
fn no_server(model: &mut Model, account: Option<AccountId>) -> Vec<Effect> {
    let mut accounts = model.settings.accounts.iter();
    let named = accounts.find(|(id, _)| account.is_none_or(|account| account == *id));
    let name = named.map_or("NAME", |(_, name)| name.as_str());
    let file = match model.settings.configuration.as_str() {
        "" => "the configuration",
        path => path,
    };
    let text = format!(
        "no smtp in [accounts.{name}]: add smtp = {{ host = \"\u{2026}\", port = 465 }} in {file}"
    );
    notice::alarm(model, &text)
}

/// Who writes where nothing else decides: the account of the open folder, else the first that can send.
fn usual_identity(model: &Model) -> Option<(AccountId, Identity)> {
    let all = &model.settings.identities;
    let here = all
        .iter()
        .find(|(account, _)| Some(*account) == model.list.account);
    here.or_else(|| all.first()).cloned()
}

/// Opens a composer on a mail, or puts the one to the front that is open on this draft.
pub fn open(
    model: &mut Model,
    account: AccountId,
    base: Base,
    composition: Composition,
) -> Vec<Effect> {
    if base
        .draft()
        .is_some_and(|draft| model.composers.show(draft))
    {
        return Vec::new();
    }
    let number = match add(model, account, base, composition) {
        Ok(number) => number,
        Err(effects) => return effects,
    };
    model.composers.front = Some(number);
    if model.settings.ui.editor == Editor::External {
        return editor::edit(model);
    }
    Vec::new()
}

/// Opens a composer on a mail without taking the keys from what has them.
pub fn open_behind(
    model: &mut Model,
    account: AccountId,
    base: Base,
    composition: Composition,
) -> Vec<Effect> {
    let number = match add(model, account, base, composition) {
        Ok(number) => number,
        Err(effects) => return effects,
    };
    let composer = model.composers.get_mut(number);
    let title = composer.map(|composer| composer.title());
    let keys = model.keys(crate::command::verb::Verb::NextTab);
    let text = format!("{} is here, {keys} goes to it", title.unwrap_or_default());
    notice::say(model, &text)
}

/// The number of a new composer, or why there is none.
fn add(
    model: &mut Model,
    account: AccountId,
    base: Base,
    composition: Composition,
) -> Result<u64, Vec<Effect>> {
    if model.composers.open.len() >= MAX_OPEN {
        let words = "too many mails are being written: close one first";
        return Err(notice::say(model, words));
    }
    if !text_area::fits(&composition.body) {
        let words = format!("not opened: {}; it stays as it is", text_area::TOO_LONG);
        return Err(notice::alarm(model, &words));
    }
    let number = model.next_number();
    let mut composer = Composer::new(number, account, composition);
    composer.base = base;
    composer.keep_parts();
    composer.follow_from(&model.settings.identities);
    model.composers.open.push(composer);
    Ok(number)
}

/// Leaves the composer for the mail; it stays open.
pub fn leave(model: &mut Model) -> Vec<Effect> {
    model.composers.front = None;
    Vec::new()
}

/// The next tab.
pub fn turn(model: &mut Model) -> Vec<Effect> {
    if model.composers.tabs().next().is_none() {
        let keys = model.keys(crate::command::verb::Verb::Compose);
        return notice::say(
            model,
            &format!("no mail is being written, {keys} begins one"),
        );
    }
    model.composers.turn();
    Vec::new()
}

/// Has the composer that is seen end in some way, once nothing of it is on its way.
pub fn end(model: &mut Model, then: Then) -> Vec<Effect> {
    let Some(composer) = model.composers.front_mut() else {
        return Vec::new();
    };
    composer.then = Some(then);
    let number = composer.number;
    model.composers.front = None;
    drafts::advance(model, number)
}

/// Closes the composer; what was typed stays as a draft.
pub fn keep(model: &mut Model) -> Vec<Effect> {
    let Some(composer) = model.composers.front() else {
        return Vec::new();
    };
    let is_only_begun = composer.is_only_begun;
    let is_kept = !is_only_begun && (composer.is_unsaved() || composer.base.draft().is_some());
    let is_nothing = is_only_begun || !is_kept && composer.base == Base::New;
    let then = if is_only_begun {
        Then::Discard
    } else {
        Then::Keep
    };
    let mut effects = end(model, then);
    if is_kept {
        let keys = model.keys(crate::command::verb::Verb::Unfinished);
        let words = format!("kept as a draft, {keys} lists the drafts");
        effects.extend(notice::say(model, &words));
    } else if is_nothing {
        effects.extend(notice::say(model, "nothing was typed, no draft is kept"));
    }
    effects
}

/// Brings what is seen of the text in step with the cursor, and sees that what is typed is saved.
pub fn settle(model: &mut Model) -> Vec<Effect> {
    if let Some((columns, rows)) = body_size(model)
        && let Some(composer) = model.composers.front_mut()
        && (composer.is_typing || composer.place != Place::Body)
    {
        composer.body.reveal(columns, rows);
    }
    drafts::arm(model)
}

/// Columns and rows of the text; `None` while no composer is seen.
#[must_use]
pub fn body_size(model: &Model) -> Option<(usize, usize)> {
    let area = model.layout()?.composer?;
    let shape = composer_shape(area, model.composers.front()?);
    Some((
        usize::from(shape.body.columns),
        usize::from(shape.body.rows),
    ))
}
