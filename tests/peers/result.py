"""What a comparison found, for people and for programs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from machine import CAN_PIN, cpu_model, physical_cpus
from measure import Peak, Series, median
from report import Row, best_peers, doubts, table, threads_text

TOLERANCE = 1e-3
"""Largest difference between outputs that still counts as agreement, as a share of the largest value."""


@dataclass
class Result:
    """A comparison with its circumstances."""

    command: str
    model: dict[str, Any]
    runs: int
    """Inferences in a block."""
    load_before: float
    load_after: float
    others: float
    """Cores that other processes kept busy meanwhile."""
    peaks: Sequence[Peak]
    """One for each round."""
    rows: Sequence[Row]
    series: Sequence[Series]
    """What the rows were made from, in the same order."""
    missing: Sequence[str]
    """Which engines could not take part, and why."""

    def doubts(self) -> list[str]:
        """Why the times are not to be trusted."""
        return doubts(self.rows, self.load_before, self.others, len(self.peaks))

    def disagreements(self) -> list[Row]:
        """The engines whose output differs from ours."""
        return [row for row in self.rows if row.difference > TOLERANCE]

    def _model_name(self) -> str:
        return Path(self.model["path"]).name

    def text(self) -> str:
        """The report."""
        gflops = median([peak.gflops for peak in self.peaks])
        interpreter = max(row.before_mb for row in self.rows)
        pinned = "pinned" if CAN_PIN else "not pinned"
        return "\n".join(
            [
                f"{cpu_model()}, {len(physical_cpus())} cores, {pinned}, FMA peak {gflops:.1f} GFLOP/s a core",
                f"{self._model_name()}, {self.peaks[0].flops * 1e-9:.3f} GFLOP, "
                f"{len(self.peaks)} rounds of {self.runs} runs",
                "",
                table(self.rows),
                "",
                *best_peers(self.series),
                f"of each peer's memory, Python with numpy and the input takes {interpreter:.0f} MB",
                f"load average {self.load_before:.2f} before, {self.load_after:.2f} after; "
                f"others kept {self.others:.2f} cores busy",
                *(f"not measured: {reason}" for reason in self.missing),
                *(f"DO NOT TRUST THE TIMES: {reason}" for reason in self.doubts()),
                *(
                    f"OUTPUTS DIFFER: {row.engine} with {threads_text(row.threads)} by {row.difference:.1e}, "
                    f"allowed is {TOLERANCE:.0e}"
                    for row in self.disagreements()
                ),
            ]
        )

    def as_json(self) -> dict[str, Any]:
        """The report and all that it was made from."""
        return {
            "command": self.command,
            "machine": {"cpu": cpu_model(), "cores": len(physical_cpus()), "pinned": CAN_PIN},
            "model": {**self.model, "path": self._model_name()},
            "load": {"before": self.load_before, "after": self.load_after, "others": self.others},
            "peaks": [asdict(peak) for peak in self.peaks],
            "rows": [
                {
                    **asdict(row),
                    "blocks": [asdict(block) for block in one.blocks],
                    "starts": [asdict(start) for start in one.starts],
                }
                for row, one in zip(self.rows, self.series, strict=True)
            ],
            "missing": list(self.missing),
            "doubts": self.doubts(),
        }
