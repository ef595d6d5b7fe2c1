//! Users who may not do everything.

use super::faults::{COMPILE, WEIGHTS};
use super::{text, tiny};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Who may not do everything: root is given another number.
struct User<'a> {
    folder: &'a Path,
    is_root: bool,
}

impl<'a> User<'a> {
    const NOBODY: u32 = 65534;

    /// One who owns this folder, which gets the command.
    fn new(folder: &'a Path) -> Option<Self> {
        // By a process of its own: a file that this one has open for writing could not be started.
        let copied =
            Command::new("cp").arg(env!("CARGO_BIN_EXE_tilewright")).arg(folder.join("tilewright")).status();
        assert!(copied.is_ok_and(|status| status.success()));
        let user = User { folder, is_root: fs::metadata(folder).expect("a folder").uid() == 0 };
        let own = |path: &Path| chown(path, Some(Self::NOBODY), Some(Self::NOBODY));
        let given = !user.is_root
            || (own(folder).is_ok()
                && fs::read_dir(folder).ok()?.flatten().all(|entry| own(&entry.path()).is_ok()));
        // Where the temporary folder lies below a private one, no one else can go there.
        let user = Some(user).filter(|user| given && user.of(&mut user.command(&["ops"])).output().is_ok());
        if user.is_none() {
            println!("skipped: root cannot become another user here");
        }
        user
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(self.folder.join("tilewright"));
        command.args(args).current_dir(self.folder).stdin(Stdio::null());
        command
    }

    fn of<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if self.is_root { command.uid(Self::NOBODY).gid(Self::NOBODY) } else { command }
    }

    fn run(&self, args: &[&str]) -> Output {
        self.of(&mut self.command(args)).output().expect("the command starts")
    }
}

/// Folders that their owner has made read-only: what a run replaces can be removed, and the next one does not stumble.
#[test]
fn read_only_folders() {
    let folder = tiny();
    let Some(user) = User::new(folder.path()) else { return };
    let mode = |path: &str, mode: u32| {
        fs::set_permissions(folder.path().join(path), fs::Permissions::from_mode(mode)).expect("permissions");
    };
    for isa in ["portable", "avx2", "portable", "avx2"] {
        let output = user.run(&[&COMPILE[..], &["--isa", isa]].concat());
        assert!(output.status.success(), "{output:?}");
        let names = fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(names, 3, "the model, the command, the folder");
        mode("out/src", 0o555);
        mode("out", 0o555);
    }
    // One that nothing may be written beside.
    mode("", 0o555);
    for args in [&COMPILE[..], &WEIGHTS, &["zoo", "resnet18", "--topology", "-o", "z.onnx"]] {
        let output = user.run(args);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(text(&output.stderr).contains("cannot be written"), "{output:?}");
    }
    for path in ["", "out", "out/src"] {
        mode(path, 0o755);
    }
    mode("tiny.onnx", 0);
    assert!(text(&user.run(&COMPILE).stderr).contains("tiny.onnx: Permission denied"));
}

/// A terminal, and no room for the thread that turns the spinner.
#[test]
fn no_more_threads() {
    let folder = tiny();
    let Some(user) = User::new(folder.path()) else { return };
    let words: Vec<String> = COMPILE.iter().map(|word| format!("'{word}'")).collect();
    let line = format!("ulimit -u 1; exec ./tilewright {}", words.join(" "));
    let mut script = Command::new("script");
    script.args(["-qec", &line, "/dev/null"]).current_dir(folder.path()).stdin(Stdio::null());
    let Ok(output) = user.of(&mut script).output() else {
        println!("skipped: there is no script, which makes terminals");
        return;
    };
    assert!(output.status.success(), "{output:?}");
    assert!(!text(&output.stdout).contains("panicked"), "{output:?}");
}
