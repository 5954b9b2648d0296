//! Fuzz targets of `mime`: plain functions over bytes, and a seeded mutator that drives them over a corpus.

use sterna::mime::{header, parse, render};

/// Parses and draws a whole message.
pub fn message(bytes: &[u8]) {
    let message = parse::message(bytes);
    let _ = render::headers(&message);
    let _ = render::attachments(&message);
    for line in render::lines(&message, 40) {
        for span in line.spans {
            assert!(!span.text.as_str().contains(char::is_control));
        }
    }
    for part in &message.parts {
        let _ = part.decoded();
    }
    assert!(message.parts.len() <= 1_000);
}

/// Reads the envelope of a header block.
pub fn header_block(bytes: &[u8]) {
    let envelope = header::envelope(bytes);
    for address in &envelope.from {
        let _ = header::sender_suspect(address);
        assert!(
            !render::address_text(address)
                .as_str()
                .contains(char::is_control)
        );
    }
}

/// Runs every target over mutations of a corpus; the same seed gives the same runs.
pub fn run_all(corpus: &[Vec<u8>], seed: u64, n_runs: usize) {
    let mut random = Random(seed);
    for _ in 0..n_runs {
        let mut bytes = random.pick(corpus).clone();
        for _ in 0..=random.below(6) {
            mutate(&mut bytes, corpus, &mut random);
        }
        message(&bytes);
        header_block(&bytes);
    }
}

/// Pieces that parsers care about.
const TOKENS: [&[u8]; 24] = [
    b"\n",
    b"\r\n",
    b"\n\n",
    b"--",
    b"--b\n",
    b"=?utf-8?Q?",
    b"?=",
    b"=?",
    b"Content-Type: multipart/mixed; boundary=b\n",
    b"Content-Type: message/rfc822\n\n",
    b"Content-Transfer-Encoding: base64\n",
    b"boundary=",
    b"charset=",
    b"\"",
    b"(",
    b"<",
    b">",
    b";",
    b",",
    b"\0",
    b"\xff\xfe",
    b"\xe2\x80\xae",
    b"<table><tr><td rowspan=3 colspan=2>",
    b"filename*0*=utf-8''%",
];

fn mutate(bytes: &mut Vec<u8>, corpus: &[Vec<u8>], random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    match random.below(6) {
        0 if at < bytes.len() => bytes[at] = random.byte(),
        1 => bytes.truncate(at),
        2 => {
            let end = (at + random.below(40)).min(bytes.len());
            bytes.drain(at..end);
        }
        3 => {
            let token = TOKENS[random.below(TOKENS.len())];
            bytes.splice(at..at, token.iter().copied());
        }
        4 => {
            let other = random.pick(corpus);
            let from = random.below(other.len() + 1);
            let end = (from + random.below(300)).min(other.len());
            bytes.splice(at..at, other[from..end].iter().copied());
        }
        _ => {
            let end = (at + random.below(60)).min(bytes.len());
            let piece = bytes[at..end].to_vec();
            for _ in 0..random.below(20) {
                bytes.splice(at..at, piece.iter().copied());
            }
        }
    }
}

/// A small generator (xorshift), enough to vary bytes.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % (limit.max(1) as u64)).unwrap()
    }

    fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    fn pick<'a>(&mut self, corpus: &'a [Vec<u8>]) -> &'a Vec<u8> {
        &corpus[self.below(corpus.len())]
    }
}
