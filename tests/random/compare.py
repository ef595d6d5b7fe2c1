#!/usr/bin/env python3
"""Random networks held against onnxruntime: the files that `random_networks --export` writes.

See README.md beside this file. The exit code is 1 where an output differs, 2 if nothing can be compared.
"""

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))

import environment  # noqa: E402
from failure import Failure  # noqa: E402

VENV = HERE.parents[1] / "target" / "random" / "venv"

U = 2.0**-24
"""The unit roundoff of f32."""

DECISIVE = 1e-2
"""A bound beyond this share of the largest element says too little, as in tests/src/random/compare.rs."""

LARGE = 1e12
"""Values beyond this are not compared, as there."""


@dataclass
class Report:
    """What became of the networks."""

    compared: int = 0
    vague: int = 0
    """Those whose bound says little."""
    faults: list[str] = field(default_factory=list)
    missing: Counter[str] = field(default_factory=Counter)
    """Why onnxruntime could not run some."""
    operators: Counter[str] = field(default_factory=Counter)
    """Networks that were compared, with each operator."""
    ratio: float = 0.0
    """Largest difference of onnxruntime and the evaluator, in units of the bound."""
    planned: float = 0.0
    """The same of onnxruntime and the compiled plan."""

    def text(self) -> str:
        """For people."""
        operators = ", ".join(f"{name} {count}" for name, count in sorted(self.operators.items()))
        return "\n".join(
            [
                *self.faults,
                f"{self.compared} networks compared, {len(self.faults)} differ, {self.vague} with a bound too large to say, "
                f"{sum(self.missing.values())} not comparable",
                f"largest difference: {self.ratio:.2f} bounds from the evaluator, {self.planned:.2f} from the plan",
                f"networks with each operator: {operators}",
                *(f"not comparable, {count}: {reason}" for reason, count in self.missing.items()),
            ]
        )


def session(path: Path, optimise: bool) -> Any:
    """onnxruntime on one thread; without its fusions a network means what its nodes do."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    level = onnxruntime.GraphOptimizationLevel
    options.graph_optimization_level = level.ORT_ENABLE_ALL if optimise else level.ORT_DISABLE_ALL
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def add(report: Report, path: Path, optimise: bool) -> None:
    """Compares one network."""
    import numpy as np
    import onnx

    graph = onnx.load(str(path)).graph
    numbers = np.fromfile(path.with_suffix(".f64"), "<f8")

    def take(value: Any) -> Any:
        nonlocal numbers
        shape = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
        count = int(np.prod(shape))
        taken, numbers = numbers[:count].reshape(shape), numbers[count:]
        return taken

    inputs = {value.name: take(value).astype(np.float32) for value in graph.input}
    try:
        outputs = session(path, optimise).run([value.name for value in graph.output], inputs)
    except Exception as error:  # onnxruntime has many of its own
        report.missing[str(error).splitlines()[0]] += 1
        return
    vague, worst = False, [0.0, 0.0]
    for value, got in zip(graph.output, outputs, strict=True):
        want, off, ours = take(value), take(value), take(value)
        if got.shape != want.shape:
            report.faults.append(f"{path.name}: {value.name} is {got.shape} instead of {want.shape}")
            return
        largest = float(np.abs(want).max())
        off = off + U * np.abs(want) + float(np.finfo(np.float32).tiny)
        vague |= not largest <= LARGE or float(off.max()) > DECISIVE * max(largest, 1e-3)
        if vague:
            continue
        for at, reference in enumerate((want, ours)):
            # NaN is never within a bound.
            apart = np.nan_to_num(np.abs(got.astype(np.float64) - reference) / off, nan=np.inf)
            worst[at] = max(worst[at], float(apart.max()))
            # A plan may be off by the bound itself.
            if apart.max() > 1 + at:
                where = np.unravel_index(apart.argmax(), apart.shape)
                report.faults.append(
                    f"{path.name}: {value.name} at {[int(axis) for axis in where]}: onnxruntime has {got[where]:.9g}, "
                    f"{('the evaluator', 'the plan')[at]} {reference[where]:.9g}, {apart.max():.1f} times the bound; "
                    f"{', '.join(node.op_type for node in graph.node)}"
                )
                return
    if vague:
        report.vague += 1
        return
    report.compared += 1
    report.operators.update({node.op_type for node in graph.node})
    report.ratio, report.planned = max(report.ratio, worst[0]), max(report.planned, worst[1])


def main() -> int:
    """Compares all networks of a folder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="what `random_networks --export` has written")
    parser.add_argument("--optimise", action="store_true", help="with onnxruntime's own fusions")
    args = parser.parse_args()
    try:
        environment.enter(VENV, HERE / "requirements.txt")
    except Failure as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2
    report = Report()
    for path in sorted(args.folder.glob("*.onnx")):
        add(report, path, args.optimise)
    print(report.text())
    if report.faults:
        return 1
    return 0 if report.compared else 2


if __name__ == "__main__":
    sys.exit(main())
