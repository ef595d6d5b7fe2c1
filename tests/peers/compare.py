#!/usr/bin/env python3
"""Tilewright side by side with onnxruntime, OpenVINO and ncnn: same model, same input, same cores, in turn.

See README.md beside this file for what is measured and how each engine is configured.
"""

import argparse
import json
import os
import shlex
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from itertools import product
from pathlib import Path

import environment
from failure import Failure, Unavailable
from measure import Contender

TARGET = Path(__file__).resolve().parents[2] / "target" / "peers"


def arguments() -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--model", type=Path, metavar="FILE", help="ONNX file [default: our zoo's ResNet-50, with made-up weights]")
    add("--dim", type=dimension, metavar="NAME=SIZE", action="append", default=[], help="fix an open dimension")
    add("--engines", type=words, metavar="LIST", help="peers to set ours against [default: all]")
    add("--threads", type=words, metavar="LIST", default=["1", "all"], help="numbers of threads [default: 1,all]")
    add("--rounds", type=count, metavar="N", default=7, help="turns of every engine [default: 7]")
    add("--runs", type=count, metavar="N", default=10, help="timed inferences in a turn [default: 10]")
    add("--starts", type=count, metavar="N", default=5, help="fresh processes of every engine [default: 5]")
    add("--exact", action="store_true", help="build ours with --exact: without Winograd")
    add("--isa", metavar="NAME", help="instruction set of ours; the peers use what they find")
    add("--program", type=Path, metavar="FILE", help="take this program of the model instead of building ours")
    add("--json", type=Path, metavar="FILE", help="write all measurements as JSON")
    args = parser.parse_args()
    if args.program and args.exact:
        parser.error("--exact is for building, which --program does without")
    return args


def words(text: str) -> list[str]:
    """The parts of a list with commas."""
    return [word for word in text.split(",") if word]


def count(text: str) -> int:
    """A number from 1 on."""
    if (number := int(text)) < 1:
        raise ValueError
    return number


def dimension(text: str) -> tuple[str, int]:
    """The name and size of a dimension."""
    name, _, size = text.partition("=")
    return name, count(size)


def say(text: str) -> None:
    """Tells of progress."""
    print(text, file=sys.stderr, flush=True)


def prepare(args: argparse.Namespace) -> tuple[Path, Path]:
    """Makes what is missing of the model, our program and the peers' files; returns the model's folder and our
    program."""
    import model
    import ours

    path = args.model
    if path is None:
        path = TARGET / "resnet50.onnx"
        ours.write_zoo_model(path)
    elif not path.is_file():
        raise Failure(f"{path}: there is no such file")
    described = model.describe(path, dict(args.dim))
    folder = model.folder_of(described, TARGET / "models", environment.fingerprint())
    if args.program:
        program = args.program.resolve()
        if not program.is_file():
            raise Failure(f"{args.program}: there is no such file")
    else:
        say("building our program")
        program = folder / ("ours-exact" if args.exact else "ours")
        ours.build(Path(described.path), program, described.dims, args.exact)
    return folder, program


def thread_counts(texts: Sequence[str]) -> list[int]:
    """The numbers of threads to measure, without repetition; `all` is the number of cores."""
    from machine import physical_cpus

    cores = len(physical_cpus())
    counts: dict[int, None] = {}
    for text in texts:
        if text != "all" and (not text.isdigit() or not 1 <= int(text) <= cores):
            raise Failure(f"--threads {text}: say 1 to {cores}, or all")
        counts[cores if text == "all" else int(text)] = None
    return list(counts)


def enlist(
    names: Sequence[str], counts: Sequence[int], folder: Path, program: Path, isa: str | None, stack: ExitStack
) -> tuple[list[Contender], list[str]]:
    """Starts every engine with every number of threads, ours before the peers; `stack` ends them. Returns them, and why
    some are missing."""
    from ours import Ours
    from peer import Peer, prepare

    contenders: list[Contender] = []
    missing: list[str] = []
    makers: dict[str, Callable[[int], Contender]] = {"ours": lambda threads: Ours(program, threads, folder, isa)}
    for name in names:
        say(f"preparing {name}")
        try:
            prepare(name, folder)
            makers[name] = partial(Peer, name, folder)
        except Unavailable as error:
            missing.append(str(error))
    for threads, make in product(counts, makers.values()):
        try:
            contender = make(threads)
        except Unavailable as error:
            missing.append(f"{error} [{threads} threads]")
            continue
        stack.callback(contender.close)
        contenders.append(contender)
    return contenders, missing


def run(args: argparse.Namespace, load_before: float) -> int:
    """Compares; returns the exit code."""
    import measure
    import report
    from engines import ENGINES
    from machine import Usage
    from ours import Ours
    from result import Result

    names = list(ENGINES) if args.engines is None else args.engines
    if unknown := [name for name in names if name not in ENGINES]:
        raise Failure(f"--engines {unknown[0]}: there are {', '.join(ENGINES)}")
    counts = thread_counts(args.threads)
    folder, program = prepare(args)
    judge = Ours(program, 1, folder, args.isa)
    usage = Usage.now()
    with ExitStack() as stack:
        contenders, missing = enlist(names, counts, folder, program, args.isa, stack)
        if not any(isinstance(contender, Ours) for contender in contenders):
            raise Failure("; ".join(missing))
        series, peaks = measure.take_turns(contenders, judge.peak, args.rounds, args.runs, args.starts, say)
        rows = report.rows(series, peaks)
    others = Usage.now().others_since(usage)
    result = Result(
        command=shlex.join(["python3", "tests/peers/compare.py", *sys.argv[1:]]),
        model=json.loads((folder / "model.json").read_text()),
        runs=args.runs,
        load_before=load_before,
        load_after=os.getloadavg()[0],
        others=others,
        peaks=peaks,
        rows=rows,
        series=series,
        missing=missing,
    )
    print(result.text())
    if args.json:
        args.json.write_text(json.dumps(result.as_json(), indent=2) + "\n")
    return 1 if result.disagreements() else 0


def main() -> int:
    """Runs the comparison in the environment of the peers."""
    args = arguments()
    try:
        load_before = os.getloadavg()[0]
        environment.enter(TARGET / "venv")
        return run(args, load_before)
    except Failure as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
