//! Chance without chance: numbers that look random and are the same each time, and picks from tables by them.

/// A well mixed number for each message and purpose (`SplitMix64`).
pub fn mixed(index: u32, purpose: u64) -> u64 {
    let mut value = u64::from(index)
        .wrapping_add(purpose << 32)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

/// An entry of a table by number, wrapping around; empty for an empty table.
pub fn pick<'a>(table: &'a [&'a str], number: u64) -> &'a str {
    let count = table.len().max(1) as u64;
    let index = usize::try_from(number % count).unwrap_or(0);
    table.get(index).copied().unwrap_or_default()
}
