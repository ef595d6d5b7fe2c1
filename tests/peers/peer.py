"""The driver's end of a worker process with a peer in it."""

import json
import os
import signal
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from engines import ENGINES
from failure import Unavailable
from machine import cpus_for, pinned
from measure import WARM_UP, Block, Facts, Start, median

WORKER = Path(__file__).with_name("worker.py")


def prepare(name: str, folder: Path) -> None:
    """Makes the files that the engine loads, unless they are there."""
    if (folder / name).is_dir():
        return
    done = subprocess.run(
        [sys.executable, str(WORKER), "prepare", name, str(folder)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unavailable(f"{name}: {last_line(done.stderr)}")


def last_line(text: str) -> str:
    """The line of a traceback that says what is wrong."""
    return next((line for line in reversed(text.splitlines()) if line.strip()), "it ended without a word")


class Worker:
    """A process that serves one engine, up from its first result."""

    def __init__(self, name: str, threads: int, folder: Path, output: Path) -> None:
        """Starts the process and waits for its first result, which it writes to `output`."""
        self._log = folder / f"{name}-{threads}.log"
        self._name = name
        command = [sys.executable, str(WORKER), "serve", name, str(folder), str(threads), str(output)]
        # numpy's own threads have no part in this.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        with pinned(cpus_for(threads)), self._log.open("w") as log:
            started = time.perf_counter()
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
            )
        self.ready = self._answer()
        self.first_ms = (time.perf_counter() - started) * 1e3

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            raise Unavailable(f"{self._name}: {last_line(self._log.read_text())} (more in {self._log})")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, question: str) -> dict[str, Any]:
        """Sends a line and waits for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{question}\n")
        self._process.stdin.flush()
        return self._answer()

    def pause(self) -> None:
        """Stops all its threads, those that spin for work too."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Lets its threads go on."""
        self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Lets the process end and waits for that."""
        self.resume()
        self._process.communicate()


class Peer:
    """A peer with a number of threads: a worker that is stopped between its blocks."""

    def __init__(self, name: str, folder: Path, threads: int) -> None:
        """Starts the worker; `folder` is that of the model, and the engine is prepared there."""
        self.name = name
        self.threads = threads
        self.output = folder / f"{name}-{threads}.npy"
        self._folder = folder
        self._peak_bytes = 0
        self.start()  # fills the caches that some engines keep on disk
        self._worker = self._serve()
        self._worker.pause()

    def _serve(self) -> Worker:
        return Worker(self.name, self.threads, self._folder, self.output)

    def block(self, runs: int) -> Block:
        """Times some runs in the worker."""
        self._worker.resume()
        answer = self._worker.ask(f"{WARM_UP} {runs}")
        self._worker.pause()
        return Block(median(answer["times_ms"]), min(answer["times_ms"]))

    def start(self) -> Start:
        """Times another worker up to its first result, and lets it run a little more to see what memory it needs."""
        fresh = self._serve()
        self._peak_bytes = fresh.ask(f"{WARM_UP} 1")["peak_memory"]
        fresh.end()
        return Start(fresh.first_ms, fresh.ready["inside_ms"])

    def facts(self) -> Facts:
        """What the worker says about itself."""
        ready = self._worker.ready
        files = {**ready["libraries"], **ready["files"]}
        release = version(ENGINES[self.name].package)
        return Facts(release, self._peak_bytes, ready["memory_before"], files)

    def close(self) -> None:
        """Ends the worker."""
        self._worker.end()
