//! Tests of what is taken for a clock that is wrong.

use std::convert::Infallible;

use super::*;

const NOW: i64 = 1_795_316_400; // 22 Nov 2026 03:00:00 UTC
const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// What is made of the answers of a server whose clock is `ahead` of this machine's, about messages that arrived when their
/// ages say by its own clock; and how often it was asked.
fn seen(ahead: i64, ages_there: [i64; 2]) -> (Option<Beside>, u32) {
    let mut n_asked = 0;
    let ages = ages_there.map(|age| Some(age - ahead));
    let beside = compared::<Infallible>(ages, &mut |at, seconds| {
        n_asked += 1;
        Ok(ages_there[at] <= i64::from(seconds))
    });
    (beside.unwrap(), n_asked)
}

#[test]
fn a_clock_that_is_right_takes_two_questions() {
    for ahead in [-SLACK + 1, -2, 0, 2, SLACK - 1] {
        for ages in [[9 * DAY, 40], [DAY, HOUR], [900 * DAY, 899 * DAY]] {
            assert_eq!(
                seen(ahead, ages),
                (Some(Beside::Close), 2),
                "{ahead} {ages:?}"
            );
        }
    }
}

#[test]
fn a_clock_that_is_fast_or_slow_is_measured() {
    for apart in [2 * SLACK, HOUR, 7 * HOUR, 3 * DAY, 400 * DAY] {
        for ahead in [apart, -apart] {
            let (beside, n_asked) = seen(ahead, [900 * DAY, 500 * DAY + 1_234]);
            let Some(Beside::Apart(found)) = beside else {
                panic!("{ahead}: {beside:?}");
            };
            assert!((found + ahead).abs() <= GRAIN, "{ahead}: {found}");
            assert!(n_asked <= 60, "{n_asked}");
        }
    }
}

#[test]
fn answers_that_cannot_be_show_nothing() {
    let ages = [Some(900 * DAY), Some(500 * DAY + 1_234)];
    let made_of = |answer: &mut dyn FnMut(usize, u32) -> bool| {
        compared::<Infallible>(ages, &mut |at, seconds| Ok(answer(at, seconds))).unwrap()
    };
    assert_eq!(made_of(&mut |_, _| true), None, "all are young");
    assert_eq!(made_of(&mut |_, _| false), None, "all are old");
    let mut n = 0_u32;
    let wild = made_of(&mut |_, _| {
        n = n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        n.is_multiple_of(3)
    });
    assert!(!matches!(wild, Some(Beside::Apart(_))), "{wild:?}");
    // A server that reckons in days: a message is as young as its day is.
    let in_days = made_of(&mut |at, seconds| {
        let arrived = NOW - ages[at].unwrap();
        arrived.div_euclid(DAY) >= (NOW - i64::from(seconds)).div_euclid(DAY)
    });
    assert_eq!(in_days, None);
    // One message alone shows that the clocks agree, and no more.
    let one = |age_there: i64| {
        compared::<Infallible>([Some(DAY), None], &mut |_, seconds| {
            Ok(age_there <= i64::from(seconds))
        })
    };
    assert_eq!(one(DAY), Ok(Some(Beside::Close)));
    assert_eq!(one(2 * DAY), Ok(None));
    let nothing = compared::<Infallible>([None, None], &mut |_, _| Ok(true));
    assert_eq!(nothing, Ok(None));
}

#[test]
fn a_greeting_shows_a_clock_that_is_fast_or_slow() {
    let at = "mx ESMTP Exim 4.96 Sun, 22 Nov 2026 03:00:00 +0000";
    for (now, expected) in [
        (NOW, Some(Beside::Close)),
        (NOW + SLACK, Some(Beside::Close)),
        (NOW - SLACK, Some(Beside::Close)),
        (NOW + SLACK + 1, Some(Beside::Apart(SLACK + 1))),
        (NOW - DAY, Some(Beside::Apart(-DAY))),
        // A machine without a battery.
        (0, Some(Beside::Apart(-NOW))),
    ] {
        assert_eq!(greeted(at, now), expected, "{now}");
    }
    for words in [
        "mx ESMTP Postfix",
        "mx ESMTP Thu, 1 Jan 1970 00:00:00 +0000",
        "mx ESMTP Fri, 31 Dec 2100 00:00:00 +0000",
    ] {
        assert_eq!(greeted(words, NOW), None, "{words}");
    }
}

#[test]
fn a_length_of_time_is_told_in_one_unit() {
    for (seconds, expected) in [
        (-5, "1 minute"),
        (0, "1 minute"),
        (61, "2 minutes"),
        (SLACK, "5 minutes"),
        (7_199, "120 minutes"),
        (7_200, "2 hours"),
        (DAY, "24 hours"),
        (400 * DAY, "400 days"),
    ] {
        assert_eq!(span(seconds), expected, "{seconds}");
    }
}
