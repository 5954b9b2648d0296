//! A small generator, so that whatever chance did can be done again: the same seed gives the same numbers. And how often
//! it is asked.

#![allow(dead_code, reason = "every test target uses a part")]
#![allow(clippy::print_stderr, reason = "a failure is repeated by what is told")]

use std::hash::{BuildHasher as _, RandomState};

/// xorshift64 behind a mixed seed: neighbouring seeds have nothing in common.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((mixed ^ (mixed >> 31)) | 1)
    }

    pub const fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`; zero where there is none.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::try_from((self.next() >> 8) % (limit.max(1) as u64)).unwrap()
    }

    /// A number from `low` to `high`, both included.
    pub const fn between(&mut self, low: u64, high: u64) -> u64 {
        low + (self.next() >> 8) % (high - low + 1)
    }

    pub const fn byte(&mut self) -> u8 {
        self.next().to_le_bytes()[3]
    }

    pub fn pick<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// A count that the environment may set.
pub fn count(name: &str, usual: u64) -> u64 {
    let set = std::env::var(name);
    set.map_or(usual, |set| set.parse().unwrap())
}

/// Every n-th of what is too much for every run, from one on that chance chose: whole over many runs.
pub struct Sample {
    first: usize,
    step: usize,
}

impl Sample {
    /// `name` sets n, where 1 takes all; `STERNA_FIRST` sets the first, which is told.
    pub fn new(name: &str, usual: u64) -> Self {
        let step = count(name, usual).max(1);
        let chosen = RandomState::new().hash_one(name) % step;
        let first = count("STERNA_FIRST", chosen);
        eprintln!("{name}={step} STERNA_FIRST={first}");
        Self {
            first: usize::try_from(first).unwrap(),
            step: usize::try_from(step).unwrap(),
        }
    }

    /// Those of them that are to be taken.
    pub fn of<I: IntoIterator>(&self, all: I) -> impl Iterator<Item = I::Item> + use<I> {
        all.into_iter().skip(self.first).step_by(self.step)
    }
}
