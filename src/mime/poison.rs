//! Poison for crash tests: with the feature `failpoints` a header field makes the parser panic, hang or end the process.
//! Without it nothing here does anything.

/// Tastes bytes: `NAME: panic`, `NAME: hang` and `NAME: abort` do what they say.
///
/// # Panics
/// Where the bytes say so.
#[cfg(feature = "failpoints")]
pub fn taste(bytes: &[u8], name: &str) {
    let has = |deed: &str| {
        let poison = format!("{name}: {deed}");
        bytes
            .windows(poison.len())
            .any(|window| window == poison.as_bytes())
    };
    assert!(!has("panic"), "poison");
    if has("abort") {
        std::process::abort();
    }
    while has("hang") {
        std::hint::spin_loop();
    }
}

/// Tastes bytes: nothing happens in this build.
#[cfg(not(feature = "failpoints"))]
#[inline]
pub const fn taste(_bytes: &[u8], _name: &str) {}
