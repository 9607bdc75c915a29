"""What benchmarks of the web app share: its rooms, once Django is set up, and the CPU time of a process."""

import os
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = ["cpu_seconds", "room"]


def room(name: str) -> Any:
    """Return a module of the app that can be loaded only once Django is set up."""
    return import_module(f"vardbalans.web.{name}")


def cpu_seconds(pid: int) -> float:
    """Return the CPU seconds that a process of this machine has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
