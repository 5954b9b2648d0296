//! Opens the store for the screen. Where `state.db` is damaged, the user is shown what can be rescued and decides; until
//! then nothing is made, sent or fetched.

use crossbeam_channel::Sender;

use crate::channel::error::StoreError;
use crate::channel::event::Event;
use crate::cli::exit::Exit;
use crate::cli::place::Place;
use crate::cli::run::Failure;
use crate::mail::safe_text::SafeText;
use crate::runtime::question;
use crate::runtime::settings::colours;
use crate::store::Store;
use crate::store::disk::rescue;
use crate::ui;

/// Opens the store, after the user's word where it needs one.
///
/// # Errors
/// What the store or the terminal said, or that the user quit.
pub fn open_store(place: &Place, events: &Sender<Event>) -> Result<Store, Failure> {
    match place.open_store(events.clone()) {
        Err(StoreError::StateDamaged { cause }) => recover(place, &cause, events),
        opened => Ok(opened?),
    }
}

fn recover(place: &Place, cause: &str, events: &Sender<Event>) -> Result<Store, Failure> {
    let paths = place.store_paths();
    let findings = rescue::examine(&paths, cause)?;
    let colours = colours();
    let answer = question::ask(&['r'], |frame| {
        ui::recovery::draw(&findings, colours, frame);
    });
    let answer = answer.map_err(|problem| Failure::new(Exit::Unavailable, problem))?;
    if answer.is_none() {
        let words = format!("state.db is damaged ({cause}); nothing was touched");
        return Err(Failure::new(Exit::Data, words));
    }
    let export = rescue::start_anew(&paths)?;
    let store = place.open_store(events.clone())?;
    // After what the store itself says of the cache: this is what the user must know.
    let words = format!(
        "started anew with what could be read; all of it is written down in {}",
        export.display()
    );
    let _ = events.send(Event::Notice(SafeText::line(&words)));
    Ok(store)
}
