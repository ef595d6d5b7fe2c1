"""A process with one peer in it.

    worker.py prepare ENGINE FOLDER
    worker.py serve ENGINE FOLDER THREADS OUTPUT.npy

`serve` loads the model, runs it once, writes the output and says so in a line of JSON; then it answers each line
`WARM_UP RUNS` with the times of that many runs, until its input ends. FOLDER is as `model.folder_of` makes it.
"""

import gc
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from engines import ENGINES, Engine
from memory import memory, peak_memory


def prepare(engine: Engine, model: dict[str, Any], folder: Path) -> None:
    """Makes the engine's folder; it is there only when it is complete."""
    part = folder.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    engine.prepare(model, part)
    part.rename(folder)


def libraries(engine: Engine) -> dict[str, int]:
    """Sizes in bytes of the installed shared libraries that this process has loaded, but for those of Python and numpy
    and the engine's mere bindings."""
    with open("/proc/self/maps") as maps:
        paths = {Path(line.split(maxsplit=5)[5].strip()) for line in maps if "site-packages" in line}
    without = ("/numpy", *engine.bindings)
    needed = (path for path in paths if ".so" in path.name and not any(part in str(path) for part in without))
    return {path.name: path.stat().st_size for path in needed}


def serve(engine: Engine, model: dict[str, Any], folder: Path, threads: int, output: Path) -> None:
    """Runs the engine as it is asked to."""
    # Engines may print; only the messages go to the driver.
    messages = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def say(**message: Any) -> None:
        print(json.dumps(message), file=messages, flush=True)

    values = np.load(folder.parent / "input.npy")
    before = memory()
    started = time.perf_counter()
    engine.load(model, folder, threads, values)
    engine.run()
    np.save(output, engine.output())
    say(
        inside_ms=(time.perf_counter() - started) * 1e3,
        memory_before=before,
        libraries=libraries(engine),
        files={path.name: path.stat().st_size for path in engine.files(folder)},
    )
    gc.disable()
    for line in sys.stdin:
        warm_up, runs = (int(word) for word in line.split())
        for _ in range(warm_up):
            engine.run()
        times = []
        for _ in range(runs):
            started = time.perf_counter()
            engine.run()
            times.append((time.perf_counter() - started) * 1e3)
        say(times_ms=times, peak_memory=peak_memory())
    # Without the destructors of engines, some of which depend on an order that Python does not keep.
    messages.flush()
    os._exit(0)


def main() -> None:
    """Does what the command line says."""
    job, name, place, *rest = sys.argv[1:]
    folder = Path(place) / name
    model = json.loads((folder.parent / "model.json").read_text())
    engine = ENGINES[name]()
    if job == "prepare":
        prepare(engine, model, folder)
    else:
        serve(engine, model, folder, int(rest[0]), Path(rest[1]))


if __name__ == "__main__":
    main()
