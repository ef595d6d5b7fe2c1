"""What compare.py makes of measurements; `python3 -m unittest discover -s tests/peers` needs no peers."""

import unittest
from pathlib import Path

from measure import Block, Facts, Peak, Series, Start, median, quantile, take_turns
from ours import NAME
from report import best_peers, doubts, paired, rows, table


class Fake:
    """A contender that takes the times it is told, and notes when it was asked."""

    output = Path("none.npy")

    def __init__(self, name: str, times: list[float], diary: list[str], threads: int = 1) -> None:
        self.name, self.threads = name, threads
        self._times, self._diary = iter(times), diary

    def block(self, runs: int) -> Block:
        """The next time."""
        self._diary.append(f"{self.name} x{runs}")
        time = next(self._times)
        return Block(time, time - 1)

    def start(self) -> Start:
        """Always the same."""
        self._diary.append(f"start {self.name}")
        return Start(30.0 if self.name == NAME else 60.0, 25.0)

    def facts(self) -> Facts:
        """Always the same."""
        return Facts("1.0", 3_000_000, 1_000_000, {"a": 1_500_000, "b": 500_000})

    def close(self) -> None:
        """Nothing to end."""


def measured(diary: list[str]) -> tuple[list[Series], list[Peak]]:
    """Three rounds of ours and two peers on a machine that slows down."""
    fakes = [
        Fake(NAME, [10, 20, 40], diary),
        Fake("slow", [20, 44, 80], diary),
        Fake("fast", [12.5, 25, 30], diary),
    ]
    peaks = iter([Peak(1e9, 200.0), Peak(1e9, 100.0), Peak(1e9, 50.0)])
    return take_turns(fakes, lambda: next(peaks), 3, 5, 2, lambda _: None)


class Measuring(unittest.TestCase):
    """Order and statistics."""

    def test_contenders_take_turns(self) -> None:
        """A B C A B C, never A A B B."""
        diary: list[str] = []
        measured(diary)
        starts = ["start tilewright", "start slow", "start fast"] * 2
        self.assertEqual(diary, starts + ["tilewright x5", "slow x5", "fast x5"] * 3)

    def test_quantiles_are_measured_values(self) -> None:
        """The nearest rank, whatever the order."""
        values = [5.0, 1.0, 4.0, 2.0, 3.0]
        self.assertEqual([quantile(values, share) for share in (0, 0.1, 0.5, 0.9, 1)], [1, 1, 3, 5, 5])
        self.assertEqual(median([2.0, 1.0]), 2.0)

    def test_the_roofline_scales_with_cores(self) -> None:
        """8 GFLOP at 100 GFLOP/s take 80 ms, or 40 ms on two cores."""
        peak = Peak(8e9, 100.0)
        self.assertAlmostEqual(peak.roofline_ms(1), 80)
        self.assertAlmostEqual(peak.roofline_ms(2), 40)


class Reporting(unittest.TestCase):
    """Ratios, tables and warnings."""

    def setUp(self) -> None:
        """Outputs are not compared here, they would need numpy."""
        import report

        self.addCleanup(setattr, report, "difference", report.difference)
        report.difference = lambda one, reference: 0.0
        self.series, self.peaks = measured([])
        self.rows = rows(self.series, self.peaks)

    def test_ratios_are_taken_within_rounds(self) -> None:
        """The medians' ratio would be another: the machine slows down between the rounds."""
        self.assertEqual(paired(self.series[1].blocks, self.series[0].blocks), 2.0)
        self.assertEqual([row.to_ours for row in self.rows], [1.0, 2.0, 1.25])
        self.assertEqual([row.roofline for row in self.rows], [2.0, 4.0, 2.5])

    def test_rows_hold_what_was_measured(self) -> None:
        """In milliseconds and megabytes."""
        ours = self.rows[0]
        self.assertEqual((ours.median_ms, ours.min_ms, ours.p10_ms, ours.p90_ms), (20, 9, 10, 40))
        self.assertEqual((ours.peak_mb, ours.before_mb, ours.size_mb), (3, 1, 2))
        self.assertEqual(ours.spread, 1.5)

    def test_the_best_peer_is_the_fastest(self) -> None:
        """In inference and in starting each."""
        (sentence,) = best_peers(self.series)
        self.assertIn("1 thread: ours / best peer (fast) = 0.800", sentence)
        self.assertTrue(sentence.endswith("= 0.500"), sentence)

    def test_the_table_is_aligned(self) -> None:
        """All lines are equally wide and have equally many cells."""
        lines = table(self.rows).splitlines()
        self.assertEqual(len(lines), 5)
        self.assertEqual(len({len(line) for line in lines}), 1)
        self.assertEqual(len({line.count("|") for line in lines}), 1)

    def test_a_busy_machine_is_doubted(self) -> None:
        """By load, by others, by the number of rounds, by each wide row; a quiet one is not."""
        self.assertEqual(len(doubts(self.rows, 3.0, 1.0, 3)), 6)
        still = [Series(Fake(NAME, [], []), [Block(10.0, 9.9)] * 5, [Start(1.0, 1.0)])]
        quiet = rows(still, self.peaks[:1] * 5)
        self.assertEqual(doubts(quiet, 0.1, 0.0, 5), [])

    def test_ours_is_the_reference_with_any_number_of_threads(self) -> None:
        """A peer is compared with ours of another number of threads where there is no other, but not by time."""
        alone = Series(Fake("peer", [], [], 2), self.series[1].blocks, self.series[1].starts)
        row = rows([self.series[0], alone], self.peaks)[1]
        self.assertIsNone(row.to_ours)
        self.assertEqual(row.roofline, 8.0)


if __name__ == "__main__":
    unittest.main()
