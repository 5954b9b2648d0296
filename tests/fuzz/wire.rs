//! Targets of what a server says: frames, tokens, responses, codes, structures, literals.

use sterna::mail::part::PartPath;
use sterna::remote::login::filter;
use sterna::remote::response::token::Tokens;
use sterna::remote::response::{self, Received, Untagged};
use sterna::remote::response::{code, structure};
use sterna::remote::wire::framer::{Caps, Frame, Framer};

/// Small caps, so that small inputs reach them.
pub const TIGHT: Caps = Caps {
    line: 70,
    number_line: 200,
    response: 220,
    memory_literal: 6,
    literal: 400,
};

/// How the bytes are split does not matter, under small caps and large ones.
pub fn framer(bytes: &[u8]) {
    for caps in [Caps::default(), TIGHT] {
        let read = |step: usize| {
            let mut framer = Framer::new(caps);
            for part in bytes.chunks(step.max(1)) {
                framer.push(part);
            }
            let lost = framer.lost().cloned();
            let mut seen = Vec::new();
            while let Some(frame) = framer.next_frame() {
                let spilled: Vec<_> = frame
                    .spilled
                    .iter()
                    .map(|(at, literal)| (*at, literal.first(u64::MAX).unwrap()))
                    .collect();
                // Of a skipped response only a beginning is kept, and the first reason found: for the log alone.
                let is_skipped = frame.skipped.is_some();
                let bytes = if is_skipped { Vec::new() } else { frame.bytes };
                seen.push((bytes, spilled, is_skipped));
            }
            (seen, lost)
        };
        let step = usize::from(bytes.first().copied().unwrap_or(1) % 9) + 1;
        assert_eq!(read(step), read(usize::MAX), "in pieces of {step}");
    }
}

/// Tokens: every step takes something, and the end is reached.
pub fn tokens(bytes: &[u8]) {
    let frame = Frame {
        bytes: bytes.to_vec(),
        ..Frame::default()
    };
    let mut tokens = Tokens::new(&frame);
    let mut left = bytes.len() + 1;
    while let Ok(Some(token)) = tokens.token() {
        assert!(tokens.rest().len() < left, "{token:?} takes nothing");
        left = tokens.rest().len();
        let _ = token.bytes();
    }
    for read in [
        (|tokens| tokens.skip_value().is_ok()) as fn(&mut Tokens<'_>) -> bool,
        |tokens| tokens.strings().is_ok(),
        |tokens| tokens.string().is_ok(),
        |tokens| tokens.number().is_ok(),
        |tokens| tokens.open().is_ok() && !tokens.word().is_empty(),
    ] {
        let mut tokens = Tokens::new(&frame);
        for _ in 0..=bytes.len() {
            let before = tokens.rest().len();
            if !read(&mut tokens) || tokens.rest().len() == before {
                break;
            }
        }
    }
}

/// Whole responses, as the session reads them and as the `imap` crate is given them.
pub fn responses(bytes: &[u8]) {
    for caps in [Caps::default(), TIGHT] {
        let mut framer = Framer::new(caps);
        framer.push(bytes);
        framer.push(b"\r\n");
        while let Some(frame) = framer.next_frame() {
            check(&response::parse(&frame));
            if let Some(line) = filter::for_imap(&frame) {
                assert!(line.len() <= frame.bytes.len() + 2 || line.len() < 200);
            }
        }
    }
}

/// What no response may mean, whatever it says.
fn check(received: &Received) {
    match received {
        Received::Untagged(Untagged::Fetch(fetch)) => {
            assert!(fetch.uid.is_none_or(|uid| uid.get() > 0));
            assert!(fetch.sections.len() <= 100_000);
        }
        Received::Untagged(Untagged::Vanished { uids, .. }) => {
            assert!(
                uids.ranges()
                    .iter()
                    .all(|(low, high)| 0 < *low && low <= high)
            );
        }
        Received::Done { text, .. } => assert!(!text.as_str().contains(char::is_control)),
        _ => {}
    }
}

/// Response codes, of any status.
pub fn codes(bytes: &[u8]) {
    let (code, rest) = code::split(bytes);
    assert!(rest.len() <= bytes.len());
    if let Some(code) = code {
        for (source, target) in code.copied(1_000) {
            assert!(source > 0 && target > 0, "{code:?}");
        }
        assert!(code.copied(7).len() <= 7);
    }
}

/// Body structures: the parts have addresses of their own and no more than a thousand come.
pub fn structures(bytes: &[u8]) {
    let frame = Frame {
        bytes: bytes.to_vec(),
        ..Frame::default()
    };
    if let Ok(parts) = structure::parse(&mut Tokens::new(&frame)) {
        assert!(parts.len() <= 1_000);
        let mut paths: Vec<&PartPath> = parts.iter().map(|part| &part.path).collect();
        assert!(paths.iter().all(|path| !path.numbers().contains(&0)));
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), parts.len(), "an address twice: {parts:?}");
    }
}

/// Literals: any bytes come through as they are, in memory and through a file, and what follows is read.
pub fn literals(bytes: &[u8]) {
    for caps in [
        Caps::default(),
        Caps {
            memory_literal: 6,
            ..Caps::default()
        },
    ] {
        let mut framer = Framer::new(caps);
        framer.push(format!("* 3 FETCH (BODY[] {{{}}}\r\n", bytes.len()).as_bytes());
        let step = usize::from(bytes.first().copied().unwrap_or(1)) + 1;
        for part in bytes.chunks(step) {
            framer.push(part);
        }
        framer.push(b" UID 7)\r\n* 9 EXISTS\r\n");
        let frame = framer.next_frame().expect("the whole response is here");
        let Received::Untagged(Untagged::Fetch(fetch)) = response::parse(&frame) else {
            panic!("{frame:?}");
        };
        assert_eq!(fetch.uid.unwrap().get(), 7);
        let [section] = fetch.sections.as_slice() else {
            panic!("{fetch:?}");
        };
        assert_eq!(section.data.clone().into_bytes(u64::MAX).unwrap(), bytes);
        let after = framer.next_frame().map(|frame| response::parse(&frame));
        assert!(matches!(
            after,
            Some(Received::Untagged(Untagged::Exists(9)))
        ));
    }
}
