//! Placeholder until joined.
pub struct Demo;
impl Demo {
    pub fn start(_: bool) -> std::io::Result<Self> {
        Ok(Self)
    }
    pub fn place(&self, _: bool) -> crate::cli::place::Place {
        unreachable!()
    }
    pub fn stop(self) {}
}
