#!/usr/bin/env python3
"""Several networks, each side by side with other engines: one comparison after the other, one table at the end.

A network is a name of our zoo or an ONNX file. See README.md beside this file for what is measured.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import ours
from compare import TARGET, count, words
from failure import Failure

COMPARE = Path(__file__).with_name("compare.py")


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("networks", nargs="+", metavar="NETWORK", help="a name of the zoo or an ONNX file")
    add("--engines", type=words, default=["onnxruntime"], metavar="LIST", help="peers [default: onnxruntime]")
    add("--threads", type=count, metavar="N", default=1, help="number of threads [default: 1]")
    add("--rounds", type=count, metavar="N", default=7, help="turns of every engine [default: 7]")
    add("--runs", type=count, metavar="N", default=10, help="timed inferences in a turn [default: 10]")
    return parser.parse_args()


def model(network: str) -> Path:
    """The ONNX file of a network."""
    if network.endswith(".onnx"):
        return Path(network)
    path = TARGET / f"{network}.onnx"
    if not path.is_file():
        TARGET.mkdir(parents=True, exist_ok=True)
        ours.tilewright("zoo", network, "-o", str(path))
    return path


def compare(args: argparse.Namespace, path: Path) -> dict[str, Any]:
    """One comparison; its measurements. What it prints goes to the error output."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        words = ["--model", str(path), "--engines", ",".join(args.engines), "--threads", str(args.threads)]
        words += ["--rounds", str(args.rounds), "--runs", str(args.runs), "--starts", "1", "--json", str(report)]
        done = subprocess.run([sys.executable, str(COMPARE), *words], check=False, stdout=sys.stderr)
        if not report.is_file():
            raise Failure(f"{path}: the comparison failed with exit code {done.returncode}")
        measured: dict[str, Any] = json.loads(report.read_text())
    return measured


def row(network: str, measured: dict[str, Any]) -> str:
    """A line of the table: ours, then each peer with its time divided into ours, difference and doubts."""
    first, *peers = measured["rows"]
    spread = (first["p90_ms"] - first["p10_ms"]) / first["median_ms"]
    cells = [Path(network).stem, f"{first['median_ms']:.2f}", f"{spread:.0%}"]
    for peer in peers:
        cells += [f"{peer['median_ms']:.2f}", f"{1 / peer['to_ours']:.3f}", f"{peer['difference']:.0e}"]
    return f"| {' | '.join([*cells, '; '.join(measured['doubts'])])} |"


def main() -> int:
    """Compares them all; the exit code is 1 if one cannot be compared."""
    args = arguments()
    head = ["network", "ours ms", "spread"]
    for engine in args.engines:
        head += [f"{engine} ms", "ours / it", "difference"]
    lines = [f"| {' | '.join([*head, 'doubts'])} |", f"|{'---|' * (len(head) + 1)}"]
    failed = False
    for network in args.networks:
        try:
            lines.append(row(network, compare(args, model(network))))
        except Failure as error:
            failed = True
            print(f"networks.py: {error}", file=sys.stderr)
    print("\n".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
