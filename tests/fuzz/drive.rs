//! Drives a target over mutations of a corpus. Every run has a seed of its own, which is printed when the run fails:
//! `STERNA_FUZZ_SEED=N cargo test --test fuzz NAME` does that run alone.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use crate::random::Random;

/// A single run that takes so long has hung; none takes a hundredth of it.
const GUARD: Duration = Duration::from_mins(1);

/// What a target is driven over.
pub struct Corpus {
    /// Whole inputs.
    pub seeds: Vec<Vec<u8>>,
    /// Pieces that the parser cares about.
    pub words: &'static [&'static [u8]],
}

/// Runs a target `STERNA_FUZZ_RUNS` times, or `n_runs` where that is not set.
pub fn drive(name: &str, corpus: &Corpus, n_runs: u64, target: impl Fn(&[u8])) {
    assert!(!corpus.seeds.is_empty(), "{name} has no corpus");
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    if let Some(seed) = number("STERNA_FUZZ_SEED") {
        let input = corpus.input(seed);
        eprintln!("{name}, run {seed}: {}", input.escape_ascii());
        return target(&input);
    }
    let n_runs = number("STERNA_FUZZ_RUNS").unwrap_or(n_runs);
    for seed in 0..n_runs {
        let input = corpus.input(seed);
        let began = Instant::now();
        let result = catch_unwind(AssertUnwindSafe(|| target(&input)));
        if let Err(panic) = result {
            let shown = input.get(..4_000).unwrap_or(&input).escape_ascii();
            eprintln!("{name} failed; again alone: STERNA_FUZZ_SEED={seed}\n{shown}");
            resume_unwind(panic);
        }
        assert!(
            began.elapsed() < GUARD,
            "{name} hangs: STERNA_FUZZ_SEED={seed}"
        );
    }
    eprintln!("{name}: {n_runs} runs");
}

impl Corpus {
    /// The input of one run. The first ones are the corpus as it is.
    fn input(&self, seed: u64) -> Vec<u8> {
        let untouched = usize::try_from(seed).ok().and_then(|at| self.seeds.get(at));
        if let Some(input) = untouched {
            return input.clone();
        }
        let mut random = Random::new(seed);
        let mut bytes = random.pick(&self.seeds).clone();
        for _ in 0..=random.below(6) {
            self.mutate(&mut bytes, &mut random);
        }
        bytes
    }

    fn mutate(&self, bytes: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(bytes.len() + 1);
        match random.below(8) {
            0 | 1 if at < bytes.len() => bytes[at] = random.byte(),
            2 if random.below(3) == 0 => bytes.truncate(at),
            3 => {
                let end = (at + random.below(40)).min(bytes.len());
                bytes.drain(at..end);
            }
            4 | 5 => {
                let word = *random.pick(self.words);
                bytes.splice(at..at, word.iter().copied());
            }
            6 => {
                let other = random.pick(&self.seeds);
                let from = random.below(other.len() + 1);
                let end = (from + random.below(300)).min(other.len());
                bytes.splice(at..at, other[from..end].iter().copied());
            }
            _ => {
                let end = (at + random.below(60)).min(bytes.len());
                let piece = bytes[at..end].to_vec();
                for _ in 0..random.below(12) {
                    bytes.splice(at..at, piece.iter().copied());
                }
            }
        }
    }
}
