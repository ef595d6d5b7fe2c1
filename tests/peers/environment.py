"""A virtual environment of pinned packages: made once, made anew when the requirements change."""

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from failure import Failure

REQUIREMENTS = Path(__file__).with_name("requirements.txt")


def enter(folder: Path, requirements: Path = REQUIREMENTS) -> None:
    """Goes on in the environment's interpreter, starting this program again there; returns where that has happened."""
    if Path(sys.prefix) == folder:
        return
    make(folder, requirements)
    python = folder / "bin" / "python"
    os.execv(python, [str(python), *sys.argv])


def fingerprint(requirements: Path = REQUIREMENTS) -> str:
    """What an environment depends on: the pinned requirements and the interpreter."""
    return hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()


def make(folder: Path, requirements: Path = REQUIREMENTS) -> None:
    """Installs the requirements into `folder`, unless they are there."""
    stamp = folder / "requirements.sha256"
    if stamp.is_file() and stamp.read_text() == fingerprint(requirements):
        return
    print(f"installing {requirements.name} into {folder}", file=sys.stderr)
    shutil.rmtree(folder, ignore_errors=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    try:
        venv.create(folder, with_pip=True)
        subprocess.run([*pip, "--no-deps", "-r", str(requirements)], check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure(
            f"the packages cannot be installed ({error}); Python needs its venv module and a package index"
        ) from error
    stamp.write_text(fingerprint(requirements))
