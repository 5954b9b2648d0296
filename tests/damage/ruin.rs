//! Ways to ruin a database, each chosen and placed by a seed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::random::Random;

const PAGE: usize = 4_096;

/// Ruins a database or its log; returns what was done.
pub fn ruin(database: &Path, random: &mut Random) -> String {
    let log = PathBuf::from(format!("{}-wal", database.display()));
    let has_log = fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    let file = if has_log && random.below(3) == 0 {
        &log
    } else {
        database
    };
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let mut bytes = fs::read(file).unwrap();
    let at = random.below(bytes.len());
    let kind = random.below(9);
    if kind == 5 && has_log {
        fs::remove_file(&log).unwrap();
        return "the log deleted".to_owned();
    }
    let what = damage(&mut bytes, at, kind, random);
    fs::write(file, &bytes).unwrap();
    format!("{name}: {what}")
}

/// Damages the bytes of a file at a place, or at some, in one of the ways; says how.
fn damage(bytes: &mut Vec<u8>, at: usize, kind: usize, random: &mut Random) -> String {
    let page = at / PAGE * PAGE;
    match kind {
        0 => {
            bytes.truncate(at);
            format!("cut at {at}")
        }
        1 => {
            bytes.truncate(page);
            format!("cut at page {}", page / PAGE)
        }
        2 => {
            bytes[page..]
                .iter_mut()
                .take(PAGE)
                .for_each(|byte| *byte = 0);
            format!("page {} zeroed", page / PAGE)
        }
        3 => {
            for byte in bytes[page..].iter_mut().take(PAGE) {
                *byte = random.byte();
            }
            format!("page {} filled with noise", page / PAGE)
        }
        4 => {
            let other = random.below(bytes.len()) / PAGE * PAGE;
            let n = PAGE.min(bytes.len() - page).min(bytes.len() - other);
            let copy = bytes[other..other + n].to_vec();
            bytes[page..page + n].copy_from_slice(&copy);
            format!("page {} over page {}", other / PAGE, page / PAGE)
        }
        6 => {
            // Where a header is: the first bytes of a page.
            for _ in 0..4 {
                let at = page + random.below(100);
                if let Some(byte) = bytes.get_mut(at) {
                    *byte ^= 1 << random.below(8);
                }
            }
            format!("4 bits flipped at the start of page {}", page / PAGE)
        }
        _ => {
            for _ in 0..64 {
                let at = random.below(bytes.len());
                bytes[at] ^= 1 << random.below(8);
            }
            "64 bits flipped".to_owned()
        }
    }
}

/// The schema version in the header of a database.
pub fn version(database: &Path) -> Option<[u8; 4]> {
    fs::read(database).ok()?.get(60..64)?.try_into().ok()
}
