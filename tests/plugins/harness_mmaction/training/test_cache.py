"""Which trainings share the clips that are prepared for them."""

from __future__ import annotations

from pathlib import Path

from harness.specs import RecognizerSpec
from harness.training.setting import setting_of
from harness_mmaction.training.cache import ClipCache, Look, clip_cache
from tests.plugins.harness_mmaction.training.test_train import asked


def test_clips_are_shared_unless_the_data_set_reads_them_otherwise(
    drifting_clips: Path, benchmark: str, tmp_path: Path
) -> None:
    first, again = (setting_of(asked(benchmark, tmp_path / out, drifting_clips), RecognizerSpec) for out in "ab")
    folder = clip_cache(first, Look(32), 1e9)
    assert clip_cache(again, Look(32), 1e9) == folder and clip_cache(again, Look(24), 1e9) != folder
    larger = Path(benchmark).with_name("larger.yaml")
    larger.write_text(Path(benchmark).read_text().replace("dataset: mini-2", "dataset: mini-2:size=64x72"))
    other = clip_cache(setting_of(asked(str(larger), tmp_path, drifting_clips), RecognizerSpec), Look(100), 1e9)
    assert ClipCache.load(other).array(0).shape[1:3] == (64, 72)
    assert ClipCache.load(clip_cache(first, Look(100), 1e9)).array(0).shape[1:3] == (32, 36)
