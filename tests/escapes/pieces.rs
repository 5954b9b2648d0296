//! The bytes a program wrote, told apart: text, and sequences of which kind.

use std::collections::BTreeSet;

use crate::{N, payload};

/// A piece of what was written to the terminal.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Text(char),
    Control(u8),
    /// Private marks, parameters and intermediates; the final byte.
    Csi(String, char),
    Osc(String),
    Escape(char),
    /// DCS, SOS, PM or APC.
    String(char),
    Broken,
}

fn pieces(bytes: &[u8]) -> Vec<Piece> {
    let text = std::str::from_utf8(bytes).expect("only UTF-8 is written");
    let mut chars = text.chars().peekable();
    let mut pieces = Vec::new();
    while let Some(c) = chars.next() {
        if c != '\x1b' {
            pieces.push(match u8::try_from(c) {
                Ok(byte @ (0..=0x1f | 0x7f..=0x9f)) => Piece::Control(byte),
                _ => Piece::Text(c),
            });
            continue;
        }
        pieces.push(match chars.next() {
            Some('[') => {
                let mut inside = String::new();
                loop {
                    match chars.next() {
                        Some(c @ ' '..='?') => inside.push(c),
                        Some(c @ '@'..='~') => break Piece::Csi(inside, c),
                        _ => break Piece::Broken,
                    }
                }
            }
            Some(']') => {
                let mut inside = String::new();
                loop {
                    match chars.next() {
                        Some('\x07') => break Piece::Osc(inside),
                        Some('\x1b') if chars.next_if_eq(&'\\').is_some() => {
                            break Piece::Osc(inside);
                        }
                        Some('\x1b') | None => break Piece::Broken,
                        Some(c) => inside.push(c),
                    }
                }
            }
            Some(c @ ('P' | 'X' | '^' | '_')) => Piece::String(c),
            Some(c) => Piece::Escape(c),
            None => Piece::Broken,
        });
    }
    pieces
}

/// Parameters as Sterna has them.
fn is_usual(inside: &str) -> bool {
    let is_number = |byte: u8| byte.is_ascii_digit() || b";:".contains(&byte);
    inside.bytes().all(is_number) && !inside.contains("777")
}

/// Everything that Sterna itself writes to a terminal; whatever else is there, content made.
fn is_our_own(piece: &Piece) -> bool {
    match piece {
        Piece::Text(c) => {
            !matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
        }
        Piece::Control(byte) => b"\r\n".contains(byte),
        Piece::Csi(inside, 'm' | 'H' | 'J' | 'K' | 'X') => is_usual(inside),
        Piece::Csi(inside, 'h' | 'l') => {
            let mode = inside.strip_prefix('?').unwrap_or_default();
            let modes = ["25", "1000", "1006", "1049", "2004", "2026"];
            modes.contains(&mode)
        }
        Piece::Csi(inside, 't') => ["22;0", "23;0"].contains(&inside.as_str()),
        // The title.
        Piece::Osc(inside) => {
            let words = inside
                .strip_prefix("0;")
                .or_else(|| inside.strip_prefix("2;"));
            words.is_some_and(|words| {
                words.chars().all(|c| !c.is_control())
                    && (words.is_empty() || words.ends_with("Sterna"))
            })
        }
        Piece::Csi(..) | Piece::Escape(_) | Piece::String(_) | Piece::Broken => false,
    }
}

#[track_caller]
pub fn assert_our_own(bytes: &[u8], what: &str) {
    let foreign: BTreeSet<String> = pieces(bytes)
        .iter()
        .filter(|piece| !is_our_own(piece))
        .map(|piece| format!("{piece:?}"))
        .collect();
    assert!(foreign.is_empty(), "{what}: {foreign:?}");
}

/// For what is no screen: text and line ends, nothing else.
#[track_caller]
pub fn assert_plain(bytes: &[u8], what: &str) {
    let foreign: BTreeSet<String> = pieces(bytes)
        .iter()
        .filter(|piece| {
            !matches!(piece, Piece::Text(_) | Piece::Control(b'\n')) || !is_our_own(piece)
        })
        .map(|piece| format!("{piece:?}"))
        .collect();
    assert!(foreign.is_empty(), "{what}: {foreign:?}");
}

#[test]
fn the_pieces_are_told_apart() {
    let seen = pieces("a\x1b[1;2H\x1b]0;t\x07\x1bP\u{9b}\x1b[\x07".as_bytes());
    let expected = [
        Piece::Text('a'),
        Piece::Csi("1;2".to_owned(), 'H'),
        Piece::Osc("0;t".to_owned()),
        Piece::String('P'),
        Piece::Control(0x9b),
        Piece::Broken,
    ];
    assert_eq!(seen, expected);
    for n in 0..N {
        assert!(
            pieces(payload(n).as_bytes())
                .iter()
                .any(|piece| !is_our_own(piece)),
            "{n} is harmless"
        );
    }
}
