#!/usr/bin/env python3
"""Writes cases.tar.xz: the node cases of the ONNX package whose inputs and outputs are tensors of f32 and int64.

See README.md beside this file. The archive is the same, byte for byte, for the same pinned packages.
"""

import io
import sys
import tarfile
import warnings
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "peers"))

import environment  # noqa: E402

VENV = HERE.parents[1] / "target" / "conformance" / "venv"
ARCHIVE = HERE / "cases.tar.xz"


def files() -> Iterator[tuple[str, bytes]]:
    """Every file of the archive, named as the ONNX package lays out its tests."""
    from onnx import TensorProto, numpy_helper
    from onnx.backend.test.case.node import collect_testcases

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in sorted(cases, key=lambda case: case.name):
        graph = case.model.graph
        declared = [value.type for value in [*graph.input, *graph.output]]
        wanted = (TensorProto.FLOAT, TensorProto.INT64)
        # The element type of what is no tensor reads as undefined.
        if any(value.tensor_type.elem_type not in wanted for value in declared):
            continue
        yield f"{case.name}/model.onnx", case.model.SerializeToString(deterministic=True)
        for number, (inputs, outputs) in enumerate(case.data_sets):
            folder = f"{case.name}/test_data_set_{number}"
            for kind, values, arrays in (("input", graph.input, inputs), ("output", graph.output, outputs)):
                for at, (value, array) in enumerate(zip(values, arrays, strict=True)):
                    tensor = numpy_helper.from_array(array, value.name)
                    yield f"{folder}/{kind}_{at}.pb", tensor.SerializeToString(deterministic=True)


def main() -> None:
    """Records all cases."""
    environment.enter(VENV, HERE / "requirements.txt")
    cases = 0
    with tarfile.open(ARCHIVE, "w:xz", format=tarfile.USTAR_FORMAT, preset=9) as archive:
        for name, data in files():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
            cases += name.endswith("/model.onnx")
    print(f"{ARCHIVE.name}: {cases} cases, {ARCHIVE.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
