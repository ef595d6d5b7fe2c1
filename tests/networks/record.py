#!/usr/bin/env python3
"""Records what onnxruntime computes of the networks of the tests: `record.py [WORD]`, for those that contain the word.

See README.md beside this file.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "peers"))

import environment  # noqa: E402

TARGET = ROOT / "target" / "networks"
RECORDED = 2000
"""Numbers of a record; of larger outputs every so many are kept. As in tests/src/networks/mod.rs."""


def record(key: str) -> None:
    """Runs a network and writes the record of its outputs; of light ones, of the first, which are logits."""
    import numpy
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    path = TARGET / f"{key}.onnx"
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    [picture] = session.get_inputs()
    outputs = session.run(None, {picture.name: numpy.load(TARGET / f"{key}.npy")})
    parts = [output.ravel() for output in (outputs[:1] if key.startswith("light_") else outputs)]
    kept = numpy.concatenate([part[:: -(-part.size // RECORDED)] for part in parts])
    numpy.save(HERE / "records" / f"{key}.npy", kept)
    largest = max(float(abs(part).max()) for part in parts)
    spread = max(float(part.std()) for part in parts)
    print(f"{key}: {kept.size} numbers, largest {largest:.3g}, deviation {spread:.3g}")
    path.unlink()


def main() -> None:
    """Writes every network, one at a time, and records it."""
    environment.enter(TARGET / "venv", HERE / "requirements.txt")
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    cargo = ["cargo", "run", "--release", "--quiet", "-p", "tilewright-tests", "--example", "networks", "--"]
    (HERE / "records").mkdir(exist_ok=True)
    with subprocess.Popen([*cargo, str(TARGET), word], cwd=ROOT, stdout=subprocess.PIPE, text=True) as writer:
        for line in writer.stdout or ():
            record(line.strip())
    sys.exit(writer.returncode)


if __name__ == "__main__":
    main()
