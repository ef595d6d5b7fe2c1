//! A folder of new files, and how an old one goes.

use anyhow::{Context, Result};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A folder of new files, removed with what is left in it.
pub struct Stage {
    /// Where it is.
    pub root: PathBuf,
}

impl Stage {
    /// An empty one; what a killed run left there is removed.
    pub fn new(root: PathBuf) -> Result<Self> {
        if root.exists() {
            remove(&root)?;
        }
        fs::create_dir_all(&root)?;
        Ok(Stage { root })
    }

    /// Writes a file there.
    pub fn put(&self, path: &Path, bytes: &[u8]) -> Result<()> {
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(path, bytes).with_context(|| path.display().to_string())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // After a rename it is not there any more; after an error, that error is the one to tell.
        let _ = remove(&self.root);
    }
}

/// Removes a folder, also where the user has made folders in it read-only: it is an old one, whose place another has taken.
pub fn remove(folder: &Path) -> Result<()> {
    let removed = match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unlock(folder).and_then(|()| fs::remove_dir_all(folder))
        }
        removed => removed,
    };
    removed.with_context(|| format!("{} cannot be removed", folder.display()))
}

/// Lets the owner change a folder and those in it.
fn unlock(folder: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::symlink_metadata(folder)?.permissions().mode();
        fs::set_permissions(folder, fs::Permissions::from_mode(mode | 0o700))?;
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            unlock(&entry.path())?;
        }
    }
    Ok(())
}
