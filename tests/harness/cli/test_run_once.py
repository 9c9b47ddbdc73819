"""What one `harness run` opens, decodes, builds and computes: each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from av.video.frame import VideoFrame
from typer.testing import Result

from harness.leaderboard.table import Leaderboard
from harness.planning import building
from harness.planning.benchmark import find_benchmark
from harness.video.frames import Video, open_video, write_video


@pytest.fixture
def data(made_clips: Callable[..., Path]) -> Path:
    """Twelve clips in Matroska files, which do not say how many frames they hold."""
    folder = made_clips(classes=12, per_class=1)
    for index in range(12):
        told, untold = (folder / "test" / f"clip_{index}.{suffix}" for suffix in ("mp4", "mkv"))
        write_video(untold, open_video(told).read(), 25)
        assert open_video(told).exact and not open_video(untold).exact
    (folder / "test.csv").write_text((folder / "test.csv").read_text().replace(".mp4", ".mkv"))
    return folder


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, Counter[str]]:
    """Counts of what was decoded, built and computed, by name."""
    counts: dict[str, Counter[str]] = {"decoded": Counter(), "built": Counter(), "computed": Counter()}
    decode, resolve, scored = Video._decode, building.resolve_import, Leaderboard.__init__

    def counting_decode(video: Video) -> Iterator[VideoFrame]:
        counts["decoded"][video.path.name] += 1
        return decode(video)

    def counting_resolve(target: str) -> Callable[..., Any]:
        factory = resolve(target)

        def build(**given: Any) -> Any:
            counts["built"][" ".join(filter(None, (target, str(given.get("stream", "")))))] += 1
            return factory(**given)

        return build

    def counting_scores(board: Leaderboard, *given: Any, **named: Any) -> None:
        counts["computed"]["leaderboard"] += 1
        scored(board, *given, **named)

    monkeypatch.setattr(Video, "_decode", counting_decode)
    monkeypatch.setattr(building, "resolve_import", counting_resolve)
    monkeypatch.setattr(Leaderboard, "__init__", counting_scores)
    return counts


@pytest.mark.slow
def test_a_run_decodes_builds_and_scores_everything_once(
    tmp_path: Path, cli: Callable[..., Result], data: Path, counted: dict[str, Counter[str]]
) -> None:
    file = tmp_path / "once.yaml"
    shipped = yaml.safe_load(find_benchmark("mini-2").read_text())
    recognizers = {"tsn": {**shipped["recognizers"]["tsn"], "segments": 1, "mirror": False}}
    changes = {"sr": ["hr", "bicubic", "nearest", "vdsr"], "pairs": ["nearest+bicubic"], "recognizers": recognizers}
    file.write_text(yaml.safe_dump({**shipped, **changes}))
    result = cli("run", "--benchmark", str(file), "--data", str(data), "--out", str(tmp_path / "run"))
    assert result.exit_code == 0, result.output
    assert counted["decoded"] == {f"clip_{index}.mkv": 1 for index in range(12)}
    assert counted["computed"] == {"leaderboard": 1}
    assert set(counted["built"].values()) == {1}, counted["built"]
    built, named = " ".join(counted["built"]), ("tsn:build spatial", "tsn:build temporal", "vdsr", "PsnrY", "InProcess")
    assert all(name in built for name in named)
