//! A folder for what a process leaves lying about, gone with the process
//! however that ends.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

/// Waits until the process is gone, and removes the folder.
const SCRIPT: &str = r#"cat; rm -rf "$folder""#;

/// An empty folder that goes away with this value, or with the process.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    /// Reads from a pipe that nobody writes to, as the servers' shells do.
    shell: Option<Child>,
}

impl Folder {
    /// Makes it where temporary files go.
    ///
    /// # Errors
    /// It cannot be made, or there is no shell.
    pub fn new() -> Result<Self, String> {
        let moment = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let name = format!("aludel-test-{}-{moment:x}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).map_err(|error| format!("`{}`: {error}", path.display()))?;
        let shell = Command::new("sh")
            .args(["-c", SCRIPT])
            .env("folder", &path)
            .current_dir("/")
            // What the terminal sends to our group is not meant for it.
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match shell {
            Ok(shell) => Ok(Self {
                path,
                shell: Some(shell),
            }),
            Err(error) => {
                // It is empty still; that there is no shell says more.
                let _ = fs::remove_dir(&path);
                Err(format!("cannot run `sh`: {error}"))
            }
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Some(mut shell) = self.shell.take() {
            drop(shell.stdin.take());
            // There is nothing to do about a shell that is gone already.
            let _ = shell.wait();
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn it_goes_away_with_what_is_in_it() {
        let folder = Folder::new().unwrap();
        let path = folder.path().to_owned();
        fs::create_dir(path.join("a")).unwrap();
        fs::write(path.join("a/b"), "c").unwrap();
        drop(folder);
        assert!(!path.exists());
    }
}
