"""How much memory a process takes, as the system counts it."""

from pathlib import Path


def peak_memory(pid: int | str = "self") -> int:
    """The most memory in bytes that a running process has had resident; 0 where the system does not tell.

    Not `ru_maxrss`: that of a child starts with the memory of the process that spawned it.
    """
    return _status(pid, "VmHWM")


def memory(pid: int | str = "self") -> int:
    """The memory in bytes that a running process has resident; 0 where the system does not tell."""
    return _status(pid, "VmRSS")


def _status(pid: int | str, field: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{field}:")), 0)
