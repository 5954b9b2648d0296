//! Servers that rave, or say what they may well say a little differently: no panic, and no wrong row afterwards.

use sterna::demo::dialect::Dialect;

use crate::hostile::survives_in;
use crate::place::Place;
use crate::rivals::Chance;

/// A line made of words that mean something to somebody.
fn raving(chance: &mut Chance) -> Vec<u8> {
    const WORDS: [&[u8]; 34] = [
        b"FETCH",
        b"(",
        b")",
        b"UID",
        b"FLAGS",
        b"\\Seen",
        b"0",
        b"1",
        b"3",
        b"4294967295",
        b"18446744073709551616",
        b"-1",
        b"EXISTS",
        b"EXPUNGE",
        b"VANISHED",
        b"(EARLIER)",
        b"1:*",
        b"2:4",
        b"SEARCH",
        b"ESEARCH",
        b"ALL",
        b"OK",
        b"NO",
        b"[UIDNEXT",
        b"]",
        b"MODSEQ",
        b"BODY[]",
        b"\"x\"",
        b"NIL",
        b"{2}\r\nab",
        b"LIST",
        b"STATUS",
        b"\x1b[31m",
        b"[",
    ];
    let mut line = b"*".to_vec();
    for _ in 0..=chance.below(9) {
        line.push(b' ');
        line.extend_from_slice(WORDS[chance.below(WORDS.len())]);
    }
    line.extend_from_slice(b"\r\n");
    line
}

/// What a server may well say of the six messages, to be said a little differently.
const TRUTHS: &[&[u8]] = &[
    b"* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n",
    b"* 5 FETCH (FLAGS (\\Flagged $Work) UID 5 MODSEQ (12))\r\n",
    b"* 4 FETCH (MODSEQ (9) FLAGS () UID 4)\r\n",
    b"* 6 EXISTS\r\n",
    b"* 0 RECENT\r\n",
    b"* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Work)\r\n",
    b"* OK [PERMANENTFLAGS (\\Answered \\Seen \\*)] Ok\r\n",
    b"* OK [UIDNEXT 7] Predicted\r\n",
    b"* OK [HIGHESTMODSEQ 12] Highest\r\n",
    b"* VANISHED (EARLIER) 7:9,12\r\n",
    b"* ESEARCH (TAG \"S9\") UID MIN 1 MAX 6 ALL 1:6\r\n",
    b"* SEARCH 1 2 3 4 5 6\r\n",
    b"* LIST (\\HasNoChildren) \"/\" INBOX\r\n",
    b"* LIST (\\HasNoChildren \\Sent) \"/\" {4}\r\nSent\r\n",
    b"* STATUS INBOX (MESSAGES 6 UIDNEXT 7 UIDVALIDITY 1 UNSEEN 3 HIGHESTMODSEQ 12)\r\n",
    b"* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\r\n",
    b"* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n",
    b"* OK [ALERT] Quota is nearly used up\r\n",
];

/// Such a line with a few of its words, brackets and numbers taken from others, left out, doubled or in another place.
fn mutated(chance: &mut Chance) -> Vec<u8> {
    let words = |line: &[u8]| -> Vec<Vec<u8>> {
        let is_edge = |byte: &u8| b" ()[]{}\"\\:,\r\n".contains(byte);
        let chunks = line.chunk_by(|one, other| !is_edge(one) && !is_edge(other));
        chunks.map(<[u8]>::to_vec).collect()
    };
    let mut line = words(TRUTHS[chance.below(TRUTHS.len())]);
    for _ in 0..=chance.below(3) {
        let at = chance.below(line.len());
        let other = words(TRUTHS[chance.below(TRUTHS.len())]);
        match chance.below(5) {
            0 => drop(line.remove(at)),
            1 => line.insert(at, line[at].clone()),
            2 => line[at].clone_from(&other[chance.below(other.len())]),
            3 => line.insert(at, other[chance.below(other.len())].clone()),
            _ => {
                let to = chance.below(line.len());
                line.swap(at, to);
            }
        }
        if line.is_empty() {
            break;
        }
    }
    // Nothing may take the answer along that follows.
    let mut line = line.concat();
    line.extend_from_slice(b"\r\n");
    line
}

#[test]
fn ten_thousand_raving_and_as_many_mutated_lines_leave_no_wrong_row() {
    for seed in 1..=100_u64 {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut lines = Vec::new();
        for _ in 0..100 {
            lines.extend(raving(&mut chance));
            lines.extend(mutated(&mut chance));
        }
        // So is what a literal takes that is announced too long.
        lines.extend(b"* OK and so on\r\n".repeat(100));
        let dialect = if seed % 2 == 0 {
            Dialect::full()
        } else {
            Dialect::bare()
        };
        // The numbers that are made here are near the true ones.
        let command = ["UID FETCH", "UID FETCH", "SELECT", "LIST"][chance.below(4)];
        survives_in(Place::with(dialect, 6), command, &lines, false);
    }
}
