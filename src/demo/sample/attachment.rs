//! Bytes of the attachments: small real files, generated.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;

/// The bytes and the media type of a file, by its name. Dates in it follow `date` (seconds since the epoch).
pub fn content(name: &str, date: i64) -> (Vec<u8>, &'static str) {
    let extension = name.rsplit('.').next().unwrap_or_default();
    match extension {
        "png" if name.starts_with("harbour") => (png(1024, 1024, noisy_dawn), "image/png"),
        "png" => (png(320, 180, bars), "image/png"),
        "pdf" => (pdf(name), "application/pdf"),
        "ics" => (calendar(date), "text/calendar; method=REQUEST; charset=utf-8"),
        "csv" => (
            b"year,passengers,bicycles\r\n2023,41200,5105\r\n2024,43880,6034\r\n2025,47013,7421\r\n".to_vec(),
            "text/csv; charset=utf-8",
        ),
        _ => (
            b"Lena    tables, garlands\r\nTom     loudspeaker, long cable\r\nRobin   Grandma\r\nRosa    two cakes\r\n\
              Piet    grill (vegetables!)\r\n"
                .to_vec(),
            "text/plain; charset=utf-8",
        ),
    }
}

/// A picture of `colour(x, y)` in RGB. PNG (ISO 15948), one IDAT chunk.
fn png(width: u32, height: u32, colour: fn(u32, u32) -> [u8; 3]) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0);
        for x in 0..width {
            rows.extend(colour(x, y));
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    chunk(&mut file, *b"IHDR", &header);
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    // Writing into memory does not fail; were it to, the picture would be empty, not the mailbox.
    let packed = encoder
        .write_all(&rows)
        .and_then(|()| encoder.finish())
        .unwrap_or_default();
    chunk(&mut file, *b"IDAT", &packed);
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let mut sum = flate2::Crc::new();
    sum.update(&kind);
    sum.update(data);
    file.extend(kind);
    file.extend(data);
    file.extend(sum.sum().to_be_bytes());
}

/// The low byte of a number that is below 256 by construction.
fn byte(value: u32) -> u8 {
    u8::try_from(value & 0xff).unwrap_or(0)
}

/// Three bars on white.
fn bars(x: u32, y: u32) -> [u8; 3] {
    let bar = x / 100;
    let top = [90, 50, 20].get(bar as usize).copied().unwrap_or(180);
    if x % 100 < 20 || y < top {
        [255, 255, 255]
    } else {
        [10, byte(90 + bar * 40), 140]
    }
}

/// A sky that grows lighter, with so much noise that it does not compress.
fn noisy_dawn(x: u32, y: u32) -> [u8; 3] {
    let mut noise =
        (x.wrapping_mul(0x9e37_79b1) ^ y.wrapping_mul(0x85eb_ca77)).wrapping_add(0x1234_5677);
    noise ^= noise >> 15;
    noise = noise.wrapping_mul(0x2c1b_3c6d);
    noise ^= noise >> 12;
    noise = noise.wrapping_mul(0x297a_2d39);
    noise ^= noise >> 15;
    let light = y / 8;
    [
        byte((noise & 0x7f) + light),
        byte(((noise >> 8) & 0x7f) + light / 2),
        byte(((noise >> 16) & 0x7f) + 64),
    ]
}

/// One page with one line.
fn pdf(name: &str) -> Vec<u8> {
    let title: String = name
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.' | ' '))
        .collect();
    let stream = format!("BT /F1 24 Tf 72 720 Td ({title}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{stream}\nendstream", stream.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(format!("{:010} 00000 n \n", file.len()));
        let _ = write!(file, "{number} 0 obj\n{object}\nendobj\n");
    }
    let start = file.len();
    let _ = write!(
        file,
        "xref\n0 6\n0000000000 65535 f \n{}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n",
        offsets.concat()
    );
    file.into_bytes()
}

/// A meeting on the day after `date`.
fn calendar(date: i64) -> Vec<u8> {
    let stamp = |seconds: i64| {
        jiff::Timestamp::from_second(seconds)
            .map(|time| time.strftime("%Y%m%dT%H0000Z").to_string())
            .unwrap_or_default()
    };
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Sterna//Demo//EN\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
         UID:planning-{date}@sterna.example\r\nDTSTAMP:{}\r\nDTSTART:{}\r\nDTEND:{}\r\nSUMMARY:Planning of the last quarter\r\n\
         LOCATION:Room 4.12\r\nORGANIZER;CN=Mira Holm:mailto:mira.holm@example.com\r\n\
         ATTENDEE;CN=Robin Vogel;RSVP=TRUE:mailto:robin@demo.example\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        stamp(date),
        stamp(date + 86_400),
        stamp(date + 90_000),
    )
    .into_bytes()
}
