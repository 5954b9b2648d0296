//! Draws the model: pure, same model and size, same cells. It decides nothing and changes nothing; places come from
//! `app::layout`, words from `app::present`, colours from `theme`. Only `SafeText` and our own words become cells.

pub mod composer;
pub mod fit;
pub mod folders;
pub mod help;
pub mod ledger;
pub mod list;
pub mod mails;
pub mod message;
pub mod overlay;
pub mod page;
pub mod paint;
pub mod question;
pub mod recovery;
pub mod screen;
pub mod status;
pub mod theme;
pub mod welcome;
