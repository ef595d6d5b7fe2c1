"""The machine: its cores, and who else uses them."""

import os
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CAN_PIN = hasattr(os, "sched_setaffinity")


def physical_cpus() -> list[int]:
    """One logical processor of each core that this process may use, in order."""
    if not CAN_PIN:
        return list(range(os.cpu_count() or 1))
    cores: dict[str, int] = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        cores.setdefault(siblings.read_text() if siblings.is_file() else str(cpu), cpu)
    return sorted(cores.values())


def cpus_for(threads: int) -> set[int]:
    """The processors that engines with this many threads are pinned to: the last ones, as the first often serve
    interrupts."""
    return set(physical_cpus()[-threads:])


@contextmanager
def pinned(cpus: set[int]) -> Iterator[None]:
    """Confines this process, and so the processes that it starts inside, to these processors.

    Children inherit the confinement; setting it in the child instead would make Python fork the slow way and add to
    the start times that are measured.
    """
    if not CAN_PIN:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def cpu_model() -> str:
    """The processor's name for the report."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")


@dataclass
class Usage:
    """A moment in the life of the machine, to subtract an earlier one from."""

    wall: float
    all_busy: float
    ours: float

    @classmethod
    def now(cls) -> "Usage":
        """Seconds of processor time so far: of the whole machine, and of this process with its ended children."""
        own = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        ours = sum(usage.ru_utime + usage.ru_stime for usage in own)
        return cls(time.monotonic(), _busy_seconds(), ours)

    def others_since(self, earlier: "Usage") -> float:
        """How many cores other processes, and other guests of the same host, kept busy on average."""
        others = (self.all_busy - earlier.all_busy) - (self.ours - earlier.ours)
        return max(0.0, others / (self.wall - earlier.wall))


def _busy_seconds() -> float:
    try:
        fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0.0
    user, nice, system, _idle, _iowait, interrupt, soft, steal = (int(field) for field in fields[:8])
    return (user + nice + system + interrupt + soft + steal) / os.sysconf("SC_CLK_TCK")
