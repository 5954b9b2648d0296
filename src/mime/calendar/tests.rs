//! What a calendar shows: its words, its times as they were written, and nothing where there is no event.

use super::*;

fn shown(calendar: &str) -> Vec<String> {
    let mut page = Page::new(60);
    draw(calendar, &mut page);
    let text = |line: crate::mail::styled::StyledLine| {
        let spans = line.spans.iter().map(|span| span.text.as_str());
        spans.collect::<String>()
    };
    page.into_lines().into_iter().map(text).collect()
}

fn event(method: &str, lines: &str) -> String {
    format!("BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n")
}

#[test]
fn an_invitation_says_what_when_where_and_by_whom() {
    let lines = "UID:1\nDTSTART;TZID=\"Europe/Berlin\":20261123T100000\nDTEND;TZID=Europe/Berlin:20261123T113000\n\
        SUMMARY:Sprint review\\, with\n  cake\nLOCATION:Room 4\\;\\nsecond floor\nRRULE:FREQ=WEEKLY\n\
        ORGANIZER;CN=\"Dora: D\":mailto:dora@example.org\nBEGIN:VALARM\nSUMMARY:not this\nEND:VALARM\n\
        DESCRIPTION:long";
    let again = "BEGIN:VEVENT\nSUMMARY:an exception\nEND:VEVENT\n";
    let calendar = event("REQUEST", lines).replace("END:VCALENDAR", again);
    assert_eq!(
        shown(&calendar),
        [
            "Invitation: Sprint review, with cake",
            "When: Mon, 23 Nov 2026 10:00 to 11:30 (Europe/Berlin), again",
            "and again",
            "Where: Room 4; second floor",
            "By: Dora: D <dora@example.org>",
        ]
    );
}

#[test]
fn times_are_told_as_they_were_written() {
    for (lines, expected) in [
        (
            "DTSTART:20261123T090000Z\nDTEND:20261124T100000Z",
            "When: Mon, 23 Nov 2026 09:00 to Tue, 24 Nov 2026 10:00 UTC",
        ),
        ("DTSTART:20261123T090000", "When: Mon, 23 Nov 2026 09:00"),
        (
            "DTSTART:20261123T090000Z\nDTEND;TZID=X:20261123T110000",
            "When: Mon, 23 Nov 2026 09:00 UTC to 11:00 (X)",
        ),
        (
            "DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261124",
            "When: Mon, 23 Nov 2026",
        ),
        (
            "DTSTART;VALUE=DATE:20261123\nDTEND;VALUE=DATE:20261126",
            "When: Mon, 23 Nov 2026 to Wed, 25 Nov 2026",
        ),
    ] {
        assert_eq!(shown(&event("PUBLISH", lines))[1], expected, "{lines}");
    }
}

#[test]
fn cancellations_and_answers_say_so() {
    let lines = "SUMMARY:Lunch\nATTENDEE;PARTSTAT=DECLINED;CN=Bo:MAILTO:bo@example.org";
    assert_eq!(shown(&event("CANCEL", lines)), ["Cancelled: Lunch"]);
    assert_eq!(
        shown(&event("REQUEST", "STATUS:CANCELLED")),
        ["Cancelled: (no title)"]
    );
    assert_eq!(
        shown(&event("reply", lines)),
        [
            "Answer to an invitation: Lunch",
            "Answer: Bo <bo@example.org> declines"
        ]
    );
}

#[test]
fn what_is_no_event_is_not_shown_and_garbage_costs_nothing() {
    for text in [
        "",
        "BEGIN:VCALENDAR\nEND:VCALENDAR",
        "BEGIN:VTODO\nSUMMARY:x\nEND:VTODO",
        "\"\"\":::",
        "ä",
    ] {
        assert!(shown(text).is_empty(), "{text}");
    }
    let hostile = event(
        "REQUEST",
        "SUMMARY:a\u{1b}[31mb\nDTSTART:99999999T999999Z\nLOCATION:\\\nORGANIZER:mäilto",
    );
    let shown = shown(&hostile);
    assert!(
        shown.iter().all(|line| !line.contains('\u{1b}')),
        "{shown:?}"
    );
    assert!(!shown.iter().any(|line| line.starts_with("When")));
}
