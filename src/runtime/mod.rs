//! The loop of the screen: receive, update, carry effects out, draw. The only module that knows all others.
//!
//! The drawing thread makes no network call, no write, and waits for neither: rows come from the rows thread, rendered
//! messages from the render thread, everything durable from the store thread, everything remote from the engines.

pub mod address_book;
pub mod addresses;
pub mod aside;
pub mod awaited;
pub mod crew;
pub mod demo;
pub mod editor;
pub mod effects;
mod hearing;
pub mod lacking;
pub mod logging;
pub mod opened;
pub mod output;
pub mod part_news;
pub mod picture;
pub mod presence;
pub mod process;
pub mod question;
pub mod quitting;
pub mod reach;
pub mod recovery;
pub mod render;
pub mod rows;
pub mod saving;
pub mod screen;
pub mod secrets;
pub mod sending;
pub mod settings;
pub mod start;
pub mod svg;
pub mod telling;
pub mod timers;
pub mod typed_path;
pub mod welcome;
pub mod writing;
pub mod zone;
