"""Measuring contenders side by side: blocks of runs in turn, fresh processes in turn."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

WARM_UP = 3
"""Runs before each block that are not timed, as `--bench` of our programs does."""


@dataclass
class Block:
    """A few runs one after another."""

    median_ms: float
    min_ms: float


@dataclass
class Start:
    """A fresh process up to its first result."""

    total_ms: float
    inside_ms: float
    """Of it, loading and running the model: without the start of an interpreter and its imports."""


@dataclass
class Facts:
    """What one can say about an engine with one number of threads."""

    version: str
    peak_bytes: int
    """The most memory that its process had resident."""
    before_bytes: int
    """Of it, what an interpreter with numpy and the input takes before the engine is imported."""
    files: dict[str, int]
    """What a deployment consists of, with sizes in bytes."""


class Contender(Protocol):
    """An engine with a number of threads, ready to be measured."""

    name: str
    threads: int
    output: Path
    """Where it has written its output, once it has started."""

    def block(self, runs: int) -> Block:
        """Times this many runs, after `WARM_UP` others."""

    def start(self) -> Start:
        """Times a fresh process, which writes `output`."""

    def facts(self) -> Facts:
        """To be asked for after the last start, and before the end."""

    def close(self) -> None:
        """Ends its process, if it has one."""


@dataclass
class Series:
    """All that was measured of one contender."""

    contender: Contender
    blocks: list[Block] = field(default_factory=list)
    starts: list[Start] = field(default_factory=list)


@dataclass
class Peak:
    """What a core can do at one moment."""

    flops: float
    """Operations of one inference."""
    gflops: float
    """Fused multiply-adds of one core, as 1e9 operations per second."""

    def roofline_ms(self, threads: int) -> float:
        """The time of one inference on this many such cores, if it did nothing but multiply and add."""
        return self.flops / (self.gflops * 1e6 * threads)


def take_turns(
    contenders: Sequence[Contender],
    peak: Callable[[], Peak],
    rounds: int,
    runs: int,
    starts: int,
    say: Callable[[str], None],
) -> tuple[list[Series], list[Peak]]:
    """Measures `rounds` blocks of `runs` runs and `starts` starts of each: A B C D A B C D .., so that what disturbs
    the machine for a while disturbs all; the peak at the beginning of each round."""
    series = [Series(contender) for contender in contenders]
    peaks = []
    for number in range(starts):
        say(f"start {number + 1} of {starts}")
        for one in series:
            one.starts.append(one.contender.start())
    for number in range(rounds):
        say(f"round {number + 1} of {rounds}")
        peaks.append(peak())
        for one in series:
            one.blocks.append(one.contender.block(runs))
    return series, peaks


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share does not exceed, the nearest one measured: 0 the least, 0.5 the median."""
    return sorted(values)[round(share * (len(values) - 1))]


def median(values: Sequence[float]) -> float:
    """The middle one, or the upper one of the two in the middle."""
    return sorted(values)[len(values) // 2]
