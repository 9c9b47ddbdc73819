from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.contracts import Clip
from harness.planning.benchmark import load_benchmark
from harness.planning.selecting import Request
from harness.registry import load_registry
from harness.running import context as running_context
from harness.running.context import RunContext, open_context
from harness.video.frames import Video


@pytest.mark.parametrize(("most", "opened"), [(500, 6), (6, 6), (3, 3), (2, 2), (1, 1)])
def test_of_many_clips_some_tell_how_many_frames_there_are(
    monkeypatch: pytest.MonkeyPatch, made_clips: Callable[..., Path], most: int, opened: int
) -> None:
    changes = {"recognizers": {}, "pairs": [], "probes": ["psnr_y"]}
    request = Request(load_benchmark("mini-2").model_copy(update=changes), sr="bicubic", data=made_clips())
    context = open_context(request, load_registry())
    every = context.frames_to_restore(context.plan.cells)
    found: list[str] = []
    really = RunContext.open

    def counting(self: RunContext, clip: Clip) -> Video:
        found.append(clip.id)
        return really(self, clip)

    monkeypatch.setattr(RunContext, "open", counting)
    monkeypatch.setattr(running_context, "OPENED", most)
    assert context.frames_to_restore(context.plan.cells) == every > 0, "these clips are equally long"
    assert len(found) == opened
