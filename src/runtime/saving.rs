//! Saves parts to files for the screen, on a thread of its own for each request: large ones take their time.

use crossbeam_channel::Sender;

use crate::channel::event::Event;
use crate::channel::save::{SaveOutcome, SaveRequest};
use crate::cli::message::is_enough;
use crate::cli::run::Failure;
use crate::cli::save::{name_of, part, write_new};
use crate::engine::once::find::Want;
use crate::engine::opened::opened;
use crate::mail::safe_text::SafeText;
use crate::runtime::render::Answer;
use crate::runtime::typed_path::resolved;
use crate::store::Store;
use crate::store::bodies::StoredBody;

/// Begins; the answer comes as `Event::Save`.
pub fn start(store: &Store, request: SaveRequest, answers: Sender<Answer>) {
    let (store, serial) = (store.clone(), request.serial);
    let tell = answers.clone();
    let spawned = std::thread::Builder::new()
        .name("saving".to_owned())
        // As for the render thread: parsers of foreign nesting get room.
        .stack_size(8 * 1024 * 1024)
        .spawn(move || {
            let outcome = save(&store, &request);
            let _ = answers.send(Answer::Event(Event::Save { serial, outcome }));
        });
    if let Err(error) = spawned {
        let outcome = SaveOutcome::Failed(SafeText::line(&error.to_string()));
        let _ = tell.send(Answer::Event(Event::Save { serial, outcome }));
    }
}

fn save(store: &Store, request: &SaveRequest) -> SaveOutcome {
    let failed = |text: &str| SaveOutcome::Failed(SafeText::line(text));
    let body = match store
        .reader()
        .and_then(|mut reader| reader.body(request.message))
    {
        Ok(Some(body)) => body,
        Ok(None) => return SaveOutcome::Missing(request.paths.clone()),
        Err(error) => return failed(&error.to_string()),
    };
    let missing = missing(&body, request);
    if !missing.is_empty() {
        return SaveOutcome::Missing(missing);
    }
    let directory = resolved(&request.directory);
    let shown = SafeText::line(&directory.display().to_string());
    if !directory.is_dir() {
        return failed(&format!("{shown} is not a directory"));
    }
    let mut names = Vec::new();
    for path in &request.paths {
        let made = opened(store, request.message, &body, |message| {
            part(message, path).map(|part| (name_of(part), part.decoded()))
        });
        let (name, bytes) = match made.map_err(Failure::from).flatten() {
            Ok(made) => made,
            Err(failure) => return failed(&failure.text),
        };
        match write_new(&directory, &name, &bytes) {
            Ok(written) => {
                let name = written.file_name().unwrap_or_default();
                names.push(SafeText::line(&name.to_string_lossy()));
            }
            Err(error) => return failed(&format!("{shown}: {error}")),
        }
    }
    SaveOutcome::Saved {
        names,
        directory: shown,
    }
}

fn missing(body: &StoredBody, request: &SaveRequest) -> Vec<crate::mail::part::PartPath> {
    let is_missing =
        |path: &&crate::mail::part::PartPath| !is_enough(body, &Want::Part((*path).clone()));
    request.paths.iter().filter(is_missing).cloned().collect()
}
