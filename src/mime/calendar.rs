//! Calendar parts: what is on, when and where, so that an invitation is seen where its text says nothing. RFC 5545, and
//! RFC 5546 for what is asked. Times stand as they were written, with their zone; nothing is answered.

use jiff::civil::{Date, DateTime};

use crate::mail::styled::TextStyle;
use crate::mime::wrap::Page;

#[cfg(test)]
mod tests;

/// More of a calendar is not read: the first event is what counts.
const MOST_BYTES: usize = 256 << 10;
/// Characters of one value.
const MOST_CHARS: usize = 500;

/// What is shown of an event.
#[derive(Debug, Default)]
struct Event {
    summary: String,
    start: Option<Moment>,
    end: Option<Moment>,
    place: String,
    organizer: String,
    answer: Option<String>,
    is_cancelled: bool,
    repeats: bool,
}

/// A point in time as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    day: Date,
    /// `None` for a whole day.
    time: Option<DateTime>,
    /// `UTC`, a zone's name, or empty where the clock on the wall is meant.
    zone: String,
}

/// One line of a calendar. RFC 5545 §3.1.
struct Line<'a> {
    name: String,
    parameters: &'a str,
    value: &'a str,
}

/// Writes the first event of a calendar onto a page; nothing where there is none. False then.
pub fn draw(text: &str, page: &mut Page) -> bool {
    let text = text
        .get(..text.floor_char_boundary(MOST_BYTES))
        .unwrap_or_default();
    let unfolded = text.replace("\n ", "").replace("\n\t", "");
    let (mut method, mut event) = (String::new(), None);
    // What lies inside of the event, an alarm for example, has names of its own.
    let mut inside = 0_usize;
    for line in unfolded.lines().filter_map(line) {
        match (line.name.as_str(), &mut event) {
            ("METHOD", None) => method = line.value.trim().to_ascii_uppercase(),
            ("BEGIN", None) if is(line.value, "VEVENT") => event = Some(Event::default()),
            ("END", Some(_)) if is(line.value, "VEVENT") => break,
            ("BEGIN", Some(_)) => inside += 1,
            ("END", Some(_)) => inside = inside.saturating_sub(1),
            (_, Some(event)) if inside == 0 => event.take(&line),
            _ => {}
        }
    }
    let Some(event) = event else {
        return false;
    };
    event.write(&method, page);
    true
}

fn is(value: &str, what: &str) -> bool {
    value.trim().eq_ignore_ascii_case(what)
}

/// The name, what stands between it and the colon, and the rest; a colon in quotation marks is none.
fn line(text: &str) -> Option<Line<'_>> {
    let mut quoted = false;
    let colon = text.char_indices().find(|(_, c)| {
        quoted ^= *c == '"';
        *c == ':' && !quoted
    });
    let (head, value) = text.split_at_checked(colon?.0)?;
    let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
    Some(Line {
        name: name.to_ascii_uppercase(),
        parameters,
        value: value.strip_prefix(':').unwrap_or_default(),
    })
}

impl Line<'_> {
    /// A parameter without its quotation marks; empty where there is none.
    fn parameter(&self, name: &str) -> &str {
        let mut pairs = self
            .parameters
            .split(';')
            .filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value.trim_matches('"'))
    }

    /// A text, with what was escaped in it. RFC 5545 §3.3.11.
    fn text(&self) -> String {
        let mut text = String::new();
        let mut chars = self.value.chars();
        while let Some(c) = chars.next() {
            text.push(match c {
                '\\' => match chars.next() {
                    Some('n' | 'N') | None => ' ',
                    Some(escaped) => escaped,
                },
                c => c,
            });
        }
        text.trim().chars().take(MOST_CHARS).collect()
    }

    /// Somebody: the name, and always the address. RFC 5545 §3.3.3.
    fn person(&self) -> String {
        let value = self.value.trim();
        let address = value
            .split_at_checked("mailto:".len())
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("mailto:"))
            .map_or(value, |(_, address)| address);
        let person = match self.parameter("CN") {
            name if name.is_empty() || name.eq_ignore_ascii_case(address) => address.to_owned(),
            name => format!("{name} <{address}>"),
        };
        person.chars().take(MOST_CHARS).collect()
    }

    /// RFC 5545 §3.3.4 and §3.3.5.
    fn moment(&self) -> Option<Moment> {
        let value = self.value.trim();
        let (clock, is_utc) = match value.strip_suffix('Z') {
            Some(clock) => (clock, true),
            None => (value, false),
        };
        let time = DateTime::strptime("%Y%m%dT%H%M%S", clock).ok();
        let day = time.map(DateTime::date);
        let day = day.or_else(|| Date::strptime("%Y%m%d", value).ok())?;
        let zone = if is_utc {
            "UTC"
        } else {
            self.parameter("TZID")
        };
        Some(Moment {
            day,
            time,
            zone: zone.chars().take(MOST_CHARS).collect(),
        })
    }
}

impl Event {
    fn take(&mut self, line: &Line<'_>) {
        match line.name.as_str() {
            "SUMMARY" => self.summary = line.text(),
            "LOCATION" => self.place = line.text(),
            "DTSTART" => self.start = line.moment(),
            "DTEND" => self.end = line.moment(),
            "ORGANIZER" => self.organizer = line.person(),
            "RRULE" | "RDATE" => self.repeats = true,
            "STATUS" => self.is_cancelled = is(line.value, "CANCELLED"),
            "ATTENDEE" if self.answer.is_none() => {
                let word = match line.parameter("PARTSTAT").to_ascii_uppercase().as_str() {
                    "ACCEPTED" => "accepts",
                    "DECLINED" => "declines",
                    "TENTATIVE" => "may come",
                    _ => return,
                };
                self.answer = Some(format!("{} {word}", line.person()));
            }
            _ => {}
        }
    }

    fn write(&self, method: &str, page: &mut Page) {
        let what = match method {
            _ if self.is_cancelled => "Cancelled",
            "CANCEL" => "Cancelled",
            "REQUEST" => "Invitation",
            "REPLY" => "Answer to an invitation",
            "COUNTER" => "Another time is proposed",
            _ => "Event",
        };
        let summary = if self.summary.is_empty() {
            "(no title)"
        } else {
            &self.summary
        };
        page.paragraph(&format!("{what}: {summary}"), TextStyle::Strong, 0);
        if let Some(start) = &self.start {
            let again = if self.repeats {
                ", again and again"
            } else {
                ""
            };
            page.named(
                "When",
                &format!("{}{again}", span(start, self.end.as_ref())),
            );
        }
        let answer = self.answer.as_deref().filter(|_| method == "REPLY");
        for (name, value) in [
            ("Where", self.place.as_str()),
            ("By", self.organizer.as_str()),
            ("Answer", answer.unwrap_or_default()),
        ] {
            if !value.is_empty() {
                page.named(name, value);
            }
        }
    }
}

/// From when to when; a day that is no more than the end of the first is not said.
fn span(start: &Moment, end: Option<&Moment>) -> String {
    let day = |day: Date| day.strftime("%a, %-d %b %Y").to_string();
    let first = day(start.day);
    let (Some(from), until) = (start.time, end.and_then(|end| end.time)) else {
        // The end of whole days is the day after.
        let last = end.and_then(|end| end.day.yesterday().ok());
        return match last.filter(|last| *last > start.day) {
            Some(last) => format!("{first} to {}", day(last)),
            None => first,
        };
    };
    let zone = |moment: &Moment| match moment.zone.as_str() {
        "" => String::new(),
        "UTC" => " UTC".to_owned(),
        zone => format!(" ({zone})"),
    };
    let clock = |time: DateTime| time.strftime("%H:%M").to_string();
    let begin = format!("{first} {}", clock(from));
    match (until, end) {
        (Some(until), Some(end)) => {
            let begins_in = if end.zone == start.zone {
                String::new()
            } else {
                zone(start)
            };
            let other_day = if end.day == start.day {
                String::new()
            } else {
                format!("{} ", day(end.day))
            };
            format!(
                "{begin}{begins_in} to {other_day}{}{}",
                clock(until),
                zone(end)
            )
        }
        _ => format!("{begin}{}", zone(start)),
    }
}
