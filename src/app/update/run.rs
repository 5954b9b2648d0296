//! Carries a command out, wherever it came from: a key, the palette, the command line.

use crate::app::input::Input;
use crate::app::message::Text;
use crate::app::model::Model;
use crate::app::overlay::{Aim, Choice, Help, Overlay};
use crate::app::update::{
    choice, composer, connection, folder, folder_change, keep, ledger, limit, message, movement,
    notice, outbox, save, select, store_password, triage, undo, unread,
};
use crate::channel::effect::Effect;
use crate::channel::job::Job;
use crate::command::preset::Pane;
use crate::command::table::of;
use crate::command::verb::Verb;
use crate::mail::composition::ReplyKind;

/// Runs a command with its argument (empty for none).
pub fn run(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    if !of(verb).is_some_and(|command| command.can_run_in(model.pane())) {
        return notice::say(model, "that is not possible in this pane");
    }
    if model.pane() == Pane::Composer
        && let Some(effects) = composer::review::run(model, verb, argument)
    {
        return effects;
    }
    match verb {
        Verb::Next => movement::step(model, 1),
        Verb::Previous => movement::step(model, -1),
        Verb::LineDown => movement::lines(model, 1),
        Verb::LineUp => movement::lines(model, -1),
        Verb::HalfPageDown => movement::pages(model, 1, 2),
        Verb::HalfPageUp => movement::pages(model, -1, 2),
        Verb::PageDown => movement::pages(model, 1, 1),
        Verb::PageUp => movement::pages(model, -1, 1),
        Verb::Top => movement::top(model),
        Verb::Bottom => movement::bottom(model),
        Verb::NextUnread => unread::in_folder(model, true),
        Verb::PreviousUnread => unread::in_folder(model, false),
        Verb::NextUnreadAnywhere => unread::in_account(model, true),
        Verb::PreviousUnreadAnywhere => unread::in_account(model, false),
        Verb::ReadOn => message::read_on(model),
        Verb::ReadBack => message::read_back(model),
        Verb::Open => open(model),
        Verb::NextFolder => folder::beside(model, true),
        Verb::PreviousFolder => folder::beside(model, false),
        Verb::Role(role) => folder::with_role(model, role),
        Verb::Folder => choice::folder(model, Aim::Go, argument),
        Verb::Limit => limit::limit(model, argument),
        Verb::Sync => sync(model),
        Verb::ToggleOffline => connection::toggle_offline(model),
        Verb::StorePassword => store_password::again(model),
        Verb::Compose => composer::new(model),
        Verb::NextTab => composer::turn(model),
        Verb::Unfinished => composer::drafts::list(model),
        Verb::Outbox => outbox::open(model),
        Verb::Bounce => composer::reply::bounce(model, argument),
        _ => match composer::reply::kind(verb) {
            Some(kind) => composer::reply::begin(model, kind),
            None => mail(model, verb, argument),
        },
    }
}

/// The commands that change messages, folders, or what is selected.
fn mail(model: &mut Model, verb: Verb, argument: &str) -> Vec<Effect> {
    match verb {
        Verb::MarkRead => triage::set_seen(model, Some(true)),
        Verb::MarkUnread => triage::set_seen(model, Some(false)),
        Verb::ToggleRead => triage::set_seen(model, None),
        Verb::ToggleStar => triage::toggle_star(model),
        Verb::Tags => triage::tag(model, argument),
        Verb::Archive | Verb::ArchiveThread | Verb::Delete | Verb::DeleteThread | Verb::Junk => {
            triage::file(model, verb)
        }
        Verb::Move | Verb::Copy => triage::to_folder(model, verb, argument),
        Verb::MarkAllRead => triage::mark_all_read(model),
        Verb::EmptyTrash => triage::empty_trash(model),
        Verb::Undo => composer::sending::take_back(model).unwrap_or_else(|| undo::undo(model)),
        Verb::Redo => undo::redo(model),
        Verb::Select
        | Verb::SelectThread
        | Verb::SelectRange
        | Verb::SelectAll
        | Verb::SelectUnread
        | Verb::SelectWords
        | Verb::SelectOthers
        | Verb::SelectNone => select::run(model, verb, argument),
        Verb::CreateFolder
        | Verb::RenameFolder
        | Verb::DeleteFolder
        | Verb::Subscribe
        | Verb::Unsubscribe => folder_change::run(model, verb, argument),
        Verb::Ledger => ledger::open(model),
        Verb::Keep => keep::keep(model),
        _ => view(model, verb),
    }
}

/// The commands that change only what is seen.
fn view(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match verb {
        Verb::Close => return close(model),
        Verb::Escape => return escape(model),
        Verb::NextPane => cycle(model, 1),
        Verb::PreviousPane => cycle(model, -1),
        Verb::PaneLeft => sideways(model, -1),
        Verb::PaneRight => sideways(model, 1),
        Verb::ToggleQuotes => {
            model.message.quotes_folded = !model.message.quotes_folded;
            model.message.scroll = 0;
        }
        Verb::ToggleHeaders => {
            model.message.shows_all_headers = !model.message.shows_all_headers;
            model.message.scroll = 0;
        }
        Verb::FetchAnyway => return message::fetch_anyway(model),
        Verb::Attachments => return save::list(model),
        Verb::Save => return save::save(model),
        Verb::ToggleForm => return message::toggle_form(model),
        Verb::ToggleFolders => {
            model.folders_hidden = !model.folders_hidden;
            if model.focus == Pane::Folders {
                model.focus = Pane::List;
            }
        }
        Verb::Help => model.overlay = Some(Overlay::Help(Help::default())),
        Verb::Palette => {
            model.overlay = Some(Overlay::Palette(Choice::new(Input::default(), Vec::new())));
            return choice::narrow(model);
        }
        Verb::Connections => model.overlay = Some(Overlay::Connections),
        Verb::CommandLine => model.overlay = Some(Overlay::CommandLine(Input::default())),
        Verb::Repaint => return vec![Effect::Repaint],
        Verb::Suspend => return vec![Effect::Suspend],
        Verb::Quit => return composer::quit::quit(model),
        Verb::Cancel => {
            if let Some(effects) = save::cancel(model).or_else(|| keep::cancel(model)) {
                return effects;
            }
            let text = format!("press {} to quit", model.keys(Verb::Quit));
            return notice::say(model, &text);
        }
        _ => {}
    }
    Vec::new()
}

fn open(model: &mut Model) -> Vec<Effect> {
    if model.focus == Pane::Folders {
        return folder::open_current(model);
    }
    if composer::reply::is_in_drafts(model) {
        return composer::reply::begin(model, ReplyKind::Draft);
    }
    focus(model, Pane::Message);
    Vec::new()
}

fn close(model: &mut Model) -> Vec<Effect> {
    let is_top = model.focus == Pane::List && model.list.limit.is_empty();
    if is_top && model.list.selection.is_empty() {
        return composer::quit::quit(model);
    }
    escape(model)
}

fn escape(model: &mut Model) -> Vec<Effect> {
    if model.focus != Pane::List {
        model.focus = Pane::List;
        return Vec::new();
    }
    if !model.list.selection.is_empty() {
        model.list.selection.clear();
        return Vec::new();
    }
    if model.list.limit.is_empty() {
        Vec::new()
    } else {
        limit::clear(model)
    }
}

fn sync(model: &mut Model) -> Vec<Effect> {
    if model.offline_by_choice {
        let keys = model.keys(Verb::ToggleOffline);
        return notice::say(model, &format!("working offline: {keys} goes online again"));
    }
    let mut effects = notice::say(model, "bringing everything up to date");
    effects.push(Effect::JobForAll(Job::SyncNow));
    if matches!(model.message.text, Text::Failed(_)) {
        // Who asks for everything anew means the message before the eyes too.
        effects.extend(message::load(model));
    }
    effects
}

/// Gives the focus to a pane where that makes sense: there is no message to focus in an empty list.
pub fn focus(model: &mut Model, pane: Pane) {
    if pane != Pane::Message || model.list.current().is_some() {
        model.focus = pane;
    }
}

/// The panes that can be reached without opening anything: on a narrow screen the message is opened, not walked to.
fn reachable(model: &Model) -> Vec<Pane> {
    let message = model.shows_message() && model.list.current().is_some();
    Pane::ALL
        .into_iter()
        .filter(|pane| *pane != Pane::Message || message)
        .collect()
}

fn cycle(model: &mut Model, by: isize) {
    let panes = reachable(model);
    let at = panes
        .iter()
        .position(|pane| *pane == model.focus)
        .unwrap_or(0);
    let n = isize::try_from(panes.len()).unwrap_or(1).max(1);
    let next = isize::try_from(at)
        .unwrap_or(0)
        .saturating_add(by)
        .rem_euclid(n);
    if let Some(pane) = panes.get(next.unsigned_abs()) {
        focus(model, *pane);
    }
}

fn sideways(model: &mut Model, by: isize) {
    let at = Pane::ALL
        .iter()
        .position(|pane| *pane == model.focus)
        .unwrap_or(0);
    if let Some(pane) = at.checked_add_signed(by).and_then(|at| Pane::ALL.get(at)) {
        focus(model, *pane);
    }
}
