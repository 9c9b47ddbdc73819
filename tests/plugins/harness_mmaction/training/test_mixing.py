"""HR and LR clips mixed: what is shown, how often, and that 4:0 is plain training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.contracts import TrainingRequest
from harness.errors import UsageError
from harness.training.recipes import find_recipe, read_recipe
from harness.weights.loading import load_state
from harness_mmaction.training.cache import ClipCache
from harness_mmaction.training.dataset import CachedClips
from harness_mmaction.training.recipe import Recipe
from harness_mmaction.training.train import train
from harness_stresnet.train import train as train_joint
from tests.plugins.harness_mmaction.training.test_train import asked, recipe


def trained(benchmark: str, out: Path, data: Path, **more: Any) -> Path:
    """The weights of a training whose clips are kept in `out`, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_HOME", str(out))
        train(asked(benchmark, out, data, iters=1, **more), recipe=recipe(1), streams=["spatial"])
    return out / "tsn-spatial-tiny.safetensors"


def test_the_recipe_of_the_study_is_the_usual_one_but_short_and_in_half_precision() -> None:
    usual, short = (read_recipe(find_recipe("tsn", "mini-2", name), Recipe) for name in (None, "mix/tsn"))
    sixth = {stream: epochs // 6 for stream, epochs in usual.epochs.items()}
    assert short == usual.model_copy(update={"epochs": sixth, "precision": "bf16"})


def test_4_to_0_is_plain_training_bit_for_bit_and_2_to_2_is_not(
    drifting_clips: Path, benchmark: str, tmp_path: Path
) -> None:
    plain = load_state(trained(benchmark, tmp_path / "plain", drifting_clips))
    pure = load_state(trained(benchmark, tmp_path / "pure", drifting_clips, mix=(4, 0)))
    assert all(torch.equal(pure[key], value) for key, value in plain.items())
    file = trained(benchmark, tmp_path / "mixed", drifting_clips, mix=(2, 2), restore="nearest")
    mixed = load_state(file)
    assert not all(torch.equal(mixed[key], value) for key, value in plain.items())
    card = file.with_suffix(".md").read_text()
    assert "HR : LR = 2:2, LR restored by nearest, 16 clips" in card
    assert "--mix 2:2 --restore nearest --iters 1 |" in card
    with pytest.raises(UsageError, match="spatial was begun with another mix; give the same again"):
        trained(benchmark, tmp_path / "mixed", drifting_clips, mix=(3, 1), restore="nearest", resume=True)
    assert len(list((tmp_path / "pure" / "training-frames").iterdir())) == 1, "nothing is restored that is not shown"
    high, low = caches(tmp_path / "mixed" / "training-frames")
    repeated = high.array(0)[:, ::4, ::4].repeat(4, axis=1).repeat(4, axis=2)
    assert low.array(0).shape == high.array(0).shape and not np.array_equal(low.array(0), high.array(0))
    assert np.array_equal(low.array(0)[:, ::4, ::4].repeat(4, axis=1).repeat(4, axis=2), low.array(0))
    assert not np.array_equal(low.array(0), repeated), "LR frames are degraded, not picked"


def caches(folder: Path) -> tuple[ClipCache, ClipCache]:
    """That of HR frames, and that of frames by nearest-neighbour repetition."""
    found = [ClipCache.load(path) for path in folder.glob("frames-*")]
    repeated = [np.array_equal(cache.array(0)[:, ::4], cache.array(0)[:, 1::4]) for cache in found]
    assert sorted(repeated) == [False, True]
    return found[repeated.index(False)], found[repeated.index(True)]


def test_clips_are_shown_as_often_as_the_mixture_says(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    trained(benchmark, tmp_path / "mixed", drifting_clips, mix=(3, 1), restore="nearest")
    high, low = caches(tmp_path / "mixed" / "training-frames")
    folders = {"folder": str(high.store.folder), "restored": str(low.store.folder)}
    usual: dict[str, Any] = {"indices": range(16), "classes": ["a", "b"], "segments": 1, "stack": 0, "crop": 32}
    learning = CachedClips(**folders, **usual, training=True, mix=(3, 1))
    torch.manual_seed(0)
    share = np.mean([learning._shown(item % 16) is learning.cache for item in range(2000)])
    assert share == pytest.approx(0.75, abs=0.04)
    measuring = CachedClips(**folders, **usual, training=False, mix=(3, 1))
    assert [measuring._shown(item) is measuring.cache for item in range(8)] == [True, True, True, False] * 2
    only = CachedClips(**folders, **usual, training=True, mix=(0, 4))
    assert all(only._shown(item) is only.restored for item in range(16))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"restore": "bicubic"}, "it belongs to --mix HR:LR"),
        ({"mix": (1, 1), "restore": "hr"}, "restores no LR frames"),
        ({"teacher": "edsr:mini-2"}, "--teacher: tsn learns from labels alone by this recipe"),
        ({"mix": (1, 1), "restore": "bicubik"}, "Did you mean 'bicubic'"),
    ],
)
def test_what_cannot_be_mixed_is_refused(
    drifting_clips: Path, benchmark: str, tmp_path: Path, more: dict[str, Any], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        train(asked(benchmark, tmp_path / "out", drifting_clips, **more), recipe=recipe(1))


def test_a_recogniser_that_takes_hr_clips_alone_says_so(drifting_clips: Path, benchmark: str, tmp_path: Path) -> None:
    request = TrainingRequest("stresnet", benchmark, tmp_path / "out", device="cpu", data=drifting_clips, mix=(2, 2))
    with pytest.raises(UsageError, match="stresnet learns from HR clips alone"):
        train_joint(request)
