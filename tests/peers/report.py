"""From measurements to rows, a table and a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from measure import Block, Peak, Series, median, quantile
from ours import NAME

BUSY_LOAD = 0.5
"""Load average before the run above which the machine is not quiet."""
BUSY_CORES = 0.1
"""Cores kept busy by others during the run above which it is not quiet."""
WIDE_SPREAD = 0.1
"""Spread of the rounds, as a share of their median, above which a row cannot be trusted."""
FEW_ROUNDS = 5
"""Fewer rounds than this say nothing about the spread."""


@dataclass
class Row:
    """One line of the table. Ratios are medians over the rounds of the ratio within a round, where the machine was in
    the same mood for both; None where there is nothing to compare with."""

    engine: str
    version: str
    threads: int
    median_ms: float
    """Median over the rounds of the medians of their blocks; the quantiles likewise."""
    min_ms: float
    p10_ms: float
    p90_ms: float
    to_ours: float | None
    """Time divided by ours with as many threads."""
    roofline: float
    """Time divided by what the FMA peak of the same round allows for direct convolution."""
    peak_mb: float
    before_mb: float
    """Of the memory, what the interpreter takes before it imports the engine."""
    first_ms: float
    """Median time of a fresh process to its first result."""
    inside_ms: float
    size_mb: float
    difference: float
    """Largest absolute difference to our output, divided by the largest of our values."""

    @property
    def spread(self) -> float:
        """How far the rounds lie apart."""
        return (self.p90_ms - self.p10_ms) / self.median_ms


def threads_text(count: int) -> str:
    """`1 thread`, `2 threads`."""
    return "1 thread" if count == 1 else f"{count} threads"


def paired(blocks: Sequence[Block], others: Sequence[Block]) -> float:
    """The median over the rounds of one's time divided by the other's."""
    return median([one.median_ms / other.median_ms for one, other in zip(blocks, others, strict=True)])


def difference(one: Series, reference: Series) -> float:
    """Largest absolute difference of the outputs, divided by the largest absolute value of the reference; infinite
    where the sizes differ or a value is not a number."""
    import numpy as np

    values, wanted = (np.load(side.contender.output).ravel().astype(np.float64) for side in (one, reference))
    if values.size != wanted.size:
        return float("inf")
    ratio = float(np.max(np.abs(values - wanted)) / np.max(np.abs(wanted)))
    return ratio if np.isfinite(ratio) else float("inf")


def rows(series: Sequence[Series], peaks: Sequence[Peak]) -> list[Row]:
    """One row for each series, in their order; at least one series is ours."""
    ours = {one.contender.threads: one for one in series if one.contender.name == NAME}
    return [_row(one, ours, peaks) for one in series]


def _row(one: Series, all_ours: dict[int, Series], peaks: Sequence[Peak]) -> Row:
    threads, facts = one.contender.threads, one.contender.facts()
    ours = all_ours.get(threads)
    # Every one of ours computes the same.
    reference = ours or next(iter(all_ours.values()))
    times = [block.median_ms for block in one.blocks]
    return Row(
        engine=one.contender.name,
        version=facts.version,
        threads=threads,
        median_ms=median(times),
        min_ms=min(block.min_ms for block in one.blocks),
        p10_ms=quantile(times, 0.1),
        p90_ms=quantile(times, 0.9),
        to_ours=paired(one.blocks, ours.blocks) if ours else None,
        roofline=median([time / peak.roofline_ms(threads) for time, peak in zip(times, peaks, strict=True)]),
        peak_mb=facts.peak_bytes * 1e-6,
        before_mb=facts.before_bytes * 1e-6,
        first_ms=median([start.total_ms for start in one.starts]),
        inside_ms=median([start.inside_ms for start in one.starts]),
        size_mb=sum(facts.files.values()) * 1e-6,
        difference=difference(one, reference),
    )


def best_peers(series: Sequence[Series]) -> list[str]:
    """For each number of threads a sentence that sets us against the fastest peer."""
    sentences = []
    for ours in (one for one in series if one.contender.name == NAME):
        threads = ours.contender.threads
        peers = [one for one in series if one.contender.threads == threads and one is not ours]
        if peers:
            best = min(peers, key=lambda one: median([block.median_ms for block in one.blocks]))
            start = median([one.total_ms for one in ours.starts])
            quickest = min(peers, key=lambda one: median([each.total_ms for each in one.starts]))
            first = start / median([one.total_ms for one in quickest.starts])
            sentences.append(
                f"{threads_text(threads)}: ours / best peer ({best.contender.name}) = "
                f"{paired(ours.blocks, best.blocks):.3f}; first result, ours / best peer "
                f"({quickest.contender.name}) = {first:.3f}"
            )
    return sentences


def doubts(rows: Sequence[Row], load_before: float, others: float, rounds: int) -> list[str]:
    """Why the times are not to be trusted; none if they are."""
    found = []
    if load_before > BUSY_LOAD:
        found.append(f"the load average was {load_before:.2f} at the start")
    if others > BUSY_CORES:
        found.append(f"others kept {others:.2f} cores busy during the run")
    if rounds < FEW_ROUNDS:
        found.append(f"there were fewer than {FEW_ROUNDS} rounds")
    for row in rows:
        if row.spread > WIDE_SPREAD:
            found.append(f"the rounds of {row.engine}, {threads_text(row.threads)}, spread over {row.spread:.0%}")
    return found


def table(rows: Sequence[Row]) -> str:
    """The rows in Markdown, aligned for those who read it as it is."""
    head = ["engine", "version", "threads", "median ms", "min ms", "p10..p90 ms", "/ ours", "roofline",
            "first result ms", "of it load + run", "peak MB", "size MB", "difference"]  # fmt: skip
    body = [
        [
            row.engine,
            row.version,
            str(row.threads),
            f"{row.median_ms:.2f}",
            f"{row.min_ms:.2f}",
            f"{row.p10_ms:.2f}..{row.p90_ms:.2f} ({row.spread:.0%})",
            "" if row.to_ours is None else f"{row.to_ours:.3f}",
            f"{row.roofline:.3f}",
            f"{row.first_ms:.1f}",
            f"{row.inside_ms:.1f}",
            f"{row.peak_mb:.0f}",
            f"{row.size_mb:.1f}",
            f"{row.difference:.1e}",
        ]
        for row in rows
    ]
    widths = [max(len(line[column]) for line in [head, *body]) for column in range(len(head))]
    left = {0, 1}

    def line(cells: Sequence[str]) -> str:
        padded = (
            cell.ljust(width) if column in left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        return f"| {' | '.join(padded)} |"

    rule = "|".join(
        ("-" * (width + 2) if column in left else "-" * (width + 1) + ":") for column, width in enumerate(widths)
    )
    return "\n".join([line(head), f"|{rule}|", *map(line, body)])
