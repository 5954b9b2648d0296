//! What a server was seen not to do, for as long as its connection lasts.

use crate::remote::session::Session;

impl Session {
    /// Does without a capability that the server offers and does not have as it should, and without what is built on it.
    pub fn distrust(&mut self, name: &'static str) {
        self.capabilities.distrust(name);
    }
}
