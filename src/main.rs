//! Arguments, log file, exit code.
fn main() {}
