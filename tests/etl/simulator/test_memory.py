"""Memory does not grow with the number of persons."""

import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = """
import resource, sys
from etl.cli import main
assert main(["simulate", "--scale", sys.argv[1], "--months", "2026-04", "--out", sys.argv[2], "--processes", "1"]) == 0
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_scale(tmp_path: Path) -> None:
    peaks = []
    for scale in ("0.015", "0.06"):
        command = [sys.executable, "-c", MEASURE, scale, str(tmp_path / scale)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout.splitlines()[-1]))
    assert peaks[1] < 1.3 * peaks[0]
