"""An encoder changes neither the priority of the process nor pictures from call to call."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import av
import pytest
import torch
from av.codec.context import CodecContext

from harness.video.encoder import WITHOUT_AVX512, X264_PARAMS, open_encoder

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


@pytest.mark.parametrize(
    ("capability", "own", "expected"),
    [
        ("AVX512", None, WITHOUT_AVX512),
        ("AVX512", "weightp=0", f"{WITHOUT_AVX512}:weightp=0"),
        ("AVX2", None, None),
        ("AVX2", "weightp=0", "weightp=0"),
        ("DEFAULT", None, None),
    ],
)
def test_x264_does_without_avx_512(
    capability: str, own: str | None, expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With it one and the same clip comes out in several ways; a user's own instructions come later, and so hold."""
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    options, seen = {X264_PARAMS: own} if own else {}, {}
    # libav takes away the options that it knows, so a real one cannot be asked afterwards
    context = SimpleNamespace(codec=av.Codec("libx264", "w"), options=options, open=lambda: seen.update(options))
    open_encoder(cast(CodecContext, context))
    assert seen.get(X264_PARAMS) == expected
