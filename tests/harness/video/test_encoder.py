"""An encoder does not change at which priority the process runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

WRITE = """
import os
from pathlib import Path
import numpy as np
from harness.video.frames import write_video
def seen():
    return sorted({os.sched_getscheduler(int(thread)) for thread in os.listdir("/proc/self/task")})
before = seen()
def frames():
    for _ in range(5):
        yield np.zeros((64, 96, 3), np.uint8)
        during.update(seen())
during = set()
write_video(Path("x.webm"), frames(), 25.0, codec="libsvtav1", pixel_format="yuv420p", options={"preset": "10"})
print(before, sorted(during), seen())
"""


@pytest.mark.skipif(not hasattr(os, "sched_getscheduler"), reason="this system has no such policies")
def test_svt_av1_leaves_the_priority_of_the_process_as_it_was(tmp_path: Path) -> None:
    """Run as root it makes it real-time, and nothing else on the machine gets its turn."""
    found = subprocess.run([sys.executable, "-c", WRITE], cwd=tmp_path, capture_output=True, text=True, check=True)
    usual = [os.SCHED_OTHER]
    assert found.stdout.split("\n")[0] == f"{usual} {usual} {usual}"
