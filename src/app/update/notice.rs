//! Words on the status line, and when they go.

use crate::app::model::{Model, Notice};
use crate::channel::effect::Effect;
use crate::channel::event::Timer;
use crate::mail::safe_text::SafeText;

/// How long words stay, in milliseconds.
const STAY: u64 = 5_000;
/// How long something that went wrong stays.
const STAY_ALARM: u64 = 15_000;

/// Shows words for a while.
pub fn show(model: &mut Model, text: SafeText) -> Vec<Effect> {
    put(model, text, false)
}

/// Shows words of our own for a while.
pub fn say(model: &mut Model, text: &str) -> Vec<Effect> {
    put(model, SafeText::line(text), false)
}

/// Says that something went wrong.
pub fn alarm(model: &mut Model, text: &str) -> Vec<Effect> {
    put(model, SafeText::line(text), true)
}

/// The time of a notice is over.
pub fn over(model: &mut Model, number: u64) -> Vec<Effect> {
    if model
        .notice
        .as_ref()
        .is_some_and(|notice| notice.number == number)
    {
        model.notice = None;
    }
    Vec::new()
}

fn put(model: &mut Model, text: SafeText, is_alarm: bool) -> Vec<Effect> {
    let number = model.next_number();
    model.notice = Some(Notice {
        number,
        text,
        is_alarm,
    });
    vec![Effect::After {
        milliseconds: if is_alarm { STAY_ALARM } else { STAY },
        timer: Timer::NoticeOver(number),
    }]
}
