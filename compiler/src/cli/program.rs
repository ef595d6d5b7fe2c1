//! The standalone program of a model: generated, built, installed.

use super::cargo::{self, Job};
use super::compile::contents;
use super::file::replace;
use super::folder::{self, Content};
use super::progress::Progress;
use super::sources;
use crate::emit::{RuntimeDep, Weights};
use crate::ir::graph::Graph;
use crate::{Compiled, Options};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Builds that are tried to fit into the largest size of a program.
const ATTEMPTS: usize = 3;

/// Where programs are built, and how.
#[derive(Clone, Debug, clap::Args)]
pub struct ProgramArgs {
    /// Folder of what is built on the way [default: `tilewright/VERSION` in the user's cache]
    #[arg(long, value_name = "DIR")]
    pub target_dir: Option<PathBuf>,
    /// Link the C library into the program where the system can; this is the default
    #[arg(long = "static", overrides_with = "dynamic")]
    pub static_libc: bool,
    /// Use the system's C library
    #[arg(long)]
    pub dynamic: bool,
}

/// A program that was built, and what from.
#[derive(Debug)]
pub struct Program {
    /// The program, in the target folder.
    pub path: PathBuf,
    /// What it was built from.
    pub compiled: Compiled,
    /// Folder of the generated crate.
    pub package: PathBuf,
    /// Time that cargo took.
    pub build_time: Duration,
    /// Others wait with their builds until this is dropped: they might replace the program.
    _lock: File,
}

impl ProgramArgs {
    /// Generates the model's crate in the target folder and builds its program. Weights are embedded and the runtime is the
    /// one that this command carries.
    ///
    /// # Errors
    /// Everything that is wrong with the model, and failures of the file system and of cargo.
    pub fn build(&self, graph: Graph, options: Options, progress: &Progress) -> Result<Program> {
        if graph.is_topology() {
            bail!("the model has no numbers; a program needs one with its weights");
        }
        let mut options = Options { weights: Weights::Embed, ..options };
        let Some(most) = options.budget.binary else { return self.build_as(graph, options, progress) };
        // The plan estimates how large a program is; when that was too little, it gets the true size.
        for _ in 0..ATTEMPTS {
            let program = self.build_as(graph.clone(), options.clone(), progress)?;
            let size = program.size()?;
            if size <= most {
                return Ok(program);
            }
            let weights = 4 * program.compiled.plan.weight_floats as u64;
            options.budget.code = Some(size.saturating_sub(weights));
        }
        bail!(
            "no program of at most {most} bytes was found in {ATTEMPTS} builds; allow more with --max-binary"
        )
    }

    /// The same with the weights where the options say.
    ///
    /// # Errors
    /// As [`ProgramArgs::build`].
    pub fn build_as(&self, graph: Graph, options: Options, progress: &Progress) -> Result<Program> {
        let target_dir = std::path::absolute(self.target_dir()?)?;
        let runtime = match sources::embedded() {
            true => RuntimeDep::Path("../../workspace/runtime".to_owned()),
            false => RuntimeDep::Registry,
        };
        let options = Options { runtime, standalone: true, ..options };
        progress.say("generating code");
        let compiled = crate::compile(graph, &options)?;
        progress.say("packing weights");
        let mut files = contents(&compiled, options.weights == Weights::Embed)?;
        if let Some(lock) = sources::lock() {
            files.push(Content { path: "Cargo.lock".to_owned(), bytes: lock.as_bytes().to_vec() });
        }
        let hash: String =
            compiled.plan.graph_hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let name = options.name.as_deref().unwrap_or("model");
        let package = target_dir.join("models").join(format!("{name}-{hash}"));
        let lock = lock(&target_dir, progress)?;
        if sources::embedded() {
            folder::write(&target_dir.join("workspace"), &sources::workspace())?;
        }
        folder::write(&package, &files)?;
        let job = Job {
            package: &package,
            program: name,
            target_dir: &target_dir.join("target"),
            static_libc: self.static_libc || !self.dynamic,
        };
        let started = Instant::now();
        let path = cargo::build(&job, progress)?;
        Ok(Program { path, compiled, build_time: started.elapsed(), package, _lock: lock })
    }

    /// The folder of the arguments, or one in the user's cache.
    fn target_dir(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.target_dir {
            return Ok(folder.clone());
        }
        let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        let home = || std::env::home_dir().filter(|path| path.is_absolute());
        let cache = cache.or_else(|| Some(home()?.join(".cache")));
        let cache = cache.context("there is no home folder to build in; say --target-dir DIR")?;
        Ok(cache.join("tilewright").join(env!("CARGO_PKG_VERSION")))
    }
}

impl Program {
    /// Copies the program to `target`, whole or not at all.
    ///
    /// # Errors
    /// When it cannot be written there.
    pub fn install(&self, target: &Path) -> Result<()> {
        let (mut from, permissions) = File::open(&self.path)
            .and_then(|file| Ok((file.try_clone()?, file.metadata()?.permissions())))
            .with_context(|| self.path.display().to_string())?;
        replace(target, |file| {
            io::copy(&mut from, file)?;
            // What is no file has permissions of its own.
            if file.metadata()?.is_file() { file.set_permissions(permissions) } else { Ok(()) }
        })
    }

    /// Bytes of the program.
    ///
    /// # Errors
    /// When it is not there any more.
    pub fn size(&self) -> Result<u64> {
        let data = fs::metadata(&self.path).with_context(|| self.path.display().to_string())?;
        Ok(data.len())
    }

    /// Time from starting the program to its end when it only describes itself: the median of five.
    ///
    /// # Errors
    /// When it does not start or does not succeed.
    pub fn start_time(&self) -> Result<Duration> {
        let mut times = Vec::new();
        for _ in 0..5 {
            let started = Instant::now();
            let mut command = Command::new(&self.path);
            command.arg("--info").stdin(Stdio::null()).stdout(Stdio::null());
            let status =
                command.status().with_context(|| format!("{} does not start", self.path.display()))?;
            times.push(started.elapsed());
            if !status.success() {
                bail!("{} --info failed ({status})", self.path.display());
            }
        }
        times.sort();
        Ok(times.get(times.len() / 2).copied().unwrap_or_default())
    }
}

/// One build at a time in a target folder.
fn lock(target_dir: &Path, progress: &Progress) -> Result<File> {
    let open = || {
        fs::create_dir_all(target_dir)?;
        File::create(target_dir.join(".lock"))
    };
    let place =
        || format!("{} cannot be used to build in; name another by --target-dir", target_dir.display());
    let file = open().with_context(place)?;
    progress.say("waiting for another build");
    file.lock().with_context(place)?;
    Ok(file)
}
