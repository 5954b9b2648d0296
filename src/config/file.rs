//! Reads the file itself, after checking that nobody else could have written it.

use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::config::error::{ConfigError, shell_quoted};

/// No configuration is larger than this.
const MAX_BYTES: u64 = 1 << 20;

/// The text of a file and who can read it.
pub struct ConfigFile {
    /// The text.
    pub text: String,
    /// Whether only the owner can read it (mode 0600 or narrower).
    pub private: bool,
}

/// Reads a configuration file. A symbolic link of the user's own is followed; what counts is the file it leads to.
pub fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
    let unreadable = |cause: String| ConfigError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let failed = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => ConfigError::Missing {
            path: path.to_owned(),
        },
        _ => unreadable(error.to_string()),
    };
    let user = rustix::process::geteuid().as_raw();
    let entry = std::fs::symlink_metadata(path).map_err(failed)?;
    if entry.is_symlink() {
        own_link(path, entry.uid(), user)?;
    }
    // Before opening: opening a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(unreadable("this is not a regular file".to_owned()));
    }
    let file = std::fs::File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    trusted(path, metadata.mode(), metadata.uid(), user)?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(unreadable(format!("this is larger than {MAX_BYTES} bytes")));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error
            .as_bytes()
            .iter()
            .take(error.utf8_error().valid_up_to())
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        unreadable(format!("line {line} is not UTF-8"))
    })?;
    Ok(ConfigFile {
        text,
        // Nothing for group and others.
        private: metadata.mode().trailing_zeros() >= 6,
    })
}

/// Checks whose a link is: whoever made it chose the file that is read.
fn own_link(path: &Path, owner: u32, user: u32) -> Result<(), ConfigError> {
    if owner == user || owner == 0 {
        return Ok(());
    }
    Err(ConfigError::Unsafe {
        path: path.to_owned(),
        problem: "it is a link that another user made".to_owned(),
        fix: format!("rm {}", shell_quoted(path)),
    })
}

/// Checks owner and mode: whoever can write the file can have any command run, by `password-command`.
fn trusted(path: &Path, mode: u32, owner: u32, user: u32) -> Result<(), ConfigError> {
    let refuse = |problem: &str, fix: String| {
        Err(ConfigError::Unsafe {
            path: path.to_owned(),
            problem: problem.to_owned(),
            fix,
        })
    };
    // Root may use anybody's file: it can change it anyhow.
    if owner != user && owner != 0 && user != 0 {
        return refuse(
            "it belongs to another user",
            format!("sudo chown {user} {}", shell_quoted(path)),
        );
    }
    if mode & 0o022 != 0 {
        return refuse(
            "others than its owner can write it",
            format!("chmod 600 {}", shell_quoted(path)),
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn mode_is_accepted(mode: u32) -> Result<bool, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.toml");
        std::fs::write(&path, "").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let link = directory.path().join("link.toml");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        read(&link).map(|file| file.private).map_err(|error| {
            error
                .to_string()
                .replace(&directory.path().display().to_string(), "")
        })
    }

    #[test]
    fn a_file_that_others_can_write_is_refused_with_the_command_that_mends_it() {
        assert_eq!(mode_is_accepted(0o600), Ok(true));
        assert_eq!(mode_is_accepted(0o400), Ok(true));
        assert_eq!(mode_is_accepted(0o644), Ok(false));
        let refused = Err("/link.toml: others than its owner can write it; mend it with:\n    chmod 600 /link.toml".to_owned());
        assert_eq!(mode_is_accepted(0o666), refused);
        assert_eq!(mode_is_accepted(0o664), refused);
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        assert!(trusted(Path::new("c"), 0o100_600, 1001, 1000).is_err());
        assert!(trusted(Path::new("c"), 0o100_600, 0, 1000).is_ok());
        assert!(trusted(Path::new("c"), 0o100_600, 1000, 0).is_ok());
    }

    #[test]
    fn a_link_of_another_user_is_refused() {
        let path = Path::new("/tmp/config.toml");
        assert!(own_link(path, 1000, 1000).is_ok());
        assert!(own_link(path, 0, 1000).is_ok());
        for user in [0, 1000] {
            let refused = own_link(path, 1001, user).unwrap_err().to_string();
            assert!(
                refused.contains("another user made") && refused.contains("rm /tmp/config.toml"),
                "{refused}"
            );
        }
    }

    #[test]
    fn what_is_not_a_file_or_not_text_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(
            read(directory.path()),
            Err(ConfigError::Unreadable { .. })
        ));
        assert!(matches!(
            read(&directory.path().join("none")),
            Err(ConfigError::Missing { .. })
        ));
        let path = directory.path().join("latin1");
        std::fs::write(&path, b"a = 1\nb = \"\xfc\"\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        let refused = read(&path).err().map(|error| error.to_string()).unwrap();
        assert!(
            refused.ends_with("latin1: line 2 is not UTF-8"),
            "{refused}"
        );
        std::fs::write(&path, vec![b'#'; 1 << 21]).unwrap();
        assert!(matches!(read(&path), Err(ConfigError::Unreadable { .. })));
    }
}
