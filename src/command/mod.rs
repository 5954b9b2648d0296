//! The one table of commands: name, keys of each preset, argument, panes, help. Keymap, palette, help, hints and the
//! continuation window are read from it. Pure data: it neither runs a command nor knows the model.

pub mod keys;
pub mod line;
pub mod preset;
pub mod table;
pub mod verb;
