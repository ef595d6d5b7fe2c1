"""Our side: building the program of a model, and measuring it."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from failure import Failure, Unavailable
from machine import cpus_for, pinned
from measure import Block, Facts, Peak, Start
from memory import peak_memory

ROOT = Path(__file__).resolve().parents[2]
COMMAND = ["cargo", "run", "--quiet", "--release", "-p", "tilewright", "--"]
NAME = "tilewright"


def tilewright(*words: str) -> None:
    """Runs our command, compiling it first where that is due."""
    try:
        subprocess.run([*COMMAND, *words], cwd=ROOT, check=True)
    except OSError as error:
        raise Failure(f"cargo cannot be run ({error})") from error
    except subprocess.CalledProcessError as error:
        raise Failure(f"tilewright {words[0]} failed, as it says above") from error


def write_zoo_model(path: Path) -> None:
    """Writes the network that is compared by default."""
    tilewright("zoo", "resnet50", "-o", str(path))


def build(model: Path, program: Path, dims: dict[str, int], exact: bool) -> None:
    """Builds the standalone program of an ONNX file."""
    words = ["build", str(model), "-o", str(program), "--target-dir", str(ROOT / "target" / "peers" / "build")]
    for name, size in dims.items():
        words += ["--dim", f"{name}={size}"]
    tilewright(*words, *(["--exact"] if exact else []))


class Ours:
    """A program of ours with a number of threads: a fresh process for every block."""

    def __init__(self, program: Path, threads: int, folder: Path, isa: str | None) -> None:
        """Tries whether the program takes these settings; `folder` is that of the model."""
        self.name = NAME
        self.threads = threads
        self.output = folder / f"{NAME}-{threads}.npy"
        self._input = folder / "input.npy"
        self._program = program
        self._isa = ["--isa", isa] if isa else []
        self._bench = self._measure(1, threads)

    def _words(self, threads: int, *words: str) -> list[str]:
        options = ["--threads", str(threads), *self._isa]
        return [str(self._program), *words, "--input", str(self._input), *options]

    def _measure(self, runs: int, threads: int) -> dict[str, Any]:
        command = self._words(threads, "--bench", "--rounds", str(runs), "--json")
        with pinned(cpus_for(threads)):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Unavailable(f"{NAME}: {done.stderr.strip()}")
        bench: dict[str, Any] = json.loads(done.stdout)
        if bench["threads"] != threads:
            raise Unavailable(f"{NAME}: it uses {bench['threads']} threads where {threads} are asked for")
        return bench

    def peak(self) -> Peak:
        """The peak of one core now, by the program's own measure."""
        bench = self._measure(1, 1)
        return Peak(bench["flops"], bench["peak_gflops"])

    def block(self, runs: int) -> Block:
        """Times some runs in a fresh process; it warms up itself."""
        bench = self._measure(runs, self.threads)
        return Block(bench["median"]["ms"], bench["min"]["ms"])

    def start(self) -> Start:
        """Times a fresh process to its end, which comes right after it has written the first result."""
        command = self._words(self.threads, "--output", str(self.output))
        with pinned(cpus_for(self.threads)):
            started = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            taken = (time.perf_counter() - started) * 1e3
        return Start(taken, taken)

    def facts(self) -> Facts:
        """Asks the program, and watches the memory of a process that does a few runs."""
        version = subprocess.run([str(self._program), "--version"], capture_output=True, text=True, check=True).stdout
        release = version.partition(f"({NAME} ")[2].rstrip(")\n")
        size = self._program.stat().st_size
        return Facts(f"{release} {self._bench['isa']}", self._watch_memory(), 0, {self._program.name: size})

    def _watch_memory(self) -> int:
        command = self._words(self.threads, "--bench", "--rounds", "5", "--json")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        peak = 0
        while process.poll() is None:
            peak = max(peak, peak_memory(process.pid))
            time.sleep(0.002)
        return peak

    def close(self) -> None:
        """There is no process to end."""
