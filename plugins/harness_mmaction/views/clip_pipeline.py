"""The test pipeline of a config, run on frames or flow in memory: MMAction2's own transforms except decoding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.errors import UsageError
from harness_mmaction.compat import prepare
from harness_mmaction.configs import DECODES, Description

Step = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True)
class ClipPipeline:
    """`sampling` is what comes before decoding, `views` what comes after it."""

    sampling: Sequence[Step]
    views: Sequence[Step]
    modality: str

    def positions(self, count: int) -> list[int]:
        """The frames, or flow fields, that the test samples from `count` >= 1 of them, in its order."""
        return [int(position) for position in np.ravel(self._sampled(count)["frame_inds"])]

    def inputs(self, images: NDArray[np.uint8]) -> dict[str, Any]:
        """The sampled images ``(N, H, W, C)`` as the network's data preprocessor takes them: `inputs`, `data_samples`.

        C is 3 for RGB and 2 for flow levels, x and y.
        """
        # the number of clips and their lengths do not depend on the length of the video
        results = self._sampled(len(images))
        shape = images.shape[1:3]
        results |= {"imgs": list(images), "img_shape": shape, "original_shape": shape}
        return _through(self.views, results)

    def _sampled(self, count: int) -> dict[str, Any]:
        return _through(self.sampling, {"total_frames": count, "start_index": 0, "modality": self.modality})


def build_pipeline(description: Description) -> ClipPipeline:
    """The test pipeline of a config. Raises `UsageError` if it has none or one that is not repeatable."""
    prepare()
    steps = description.pipeline
    if not steps:
        raise UsageError(
            f"{description.source}: has no test pipeline; give it a `test_dataloader` whose dataset has a `pipeline`"
        )
    places = [place for place, step in enumerate(steps) if _name(step).endswith(DECODES)]
    if not places:
        raise UsageError(f"{description.source}: nothing in its test pipeline decodes frames, so it is not for videos")
    before = [step for step in steps[: places[0]] if not _name(step).endswith("Init")]
    built = [[_build(step, description) for step in part] for part in (before, steps[places[0] + 1 :])]
    return ClipPipeline(built[0], built[1], description.modality)


def assumed_fps(description: Description) -> int | None:
    """The frame rate that sampling assumes for every video if it counts in seconds; None if it counts in frames.

    Restored clips have no frame rate. MMAction2 does the same with decoders that report none, such as ``PyAVInit``.
    """
    rates = (step.get("target_fps") for step in description.pipeline or ())
    return next((int(rate) for rate in rates if rate), None)


def _build(step: dict[str, Any], description: Description) -> Step:
    from mmaction.registry import TRANSFORMS

    if _is_random(step):
        raise UsageError(
            f"{description.source}: step {_name(step)} of its test pipeline is random, but a test must be repeatable; "
            "give it test_mode=True or leave it out"
        )
    if description.modality == "Flow" and _name(step) in ("TenCrop", "Flip"):
        from harness_mmaction.views import flow_views

        own: Step = getattr(flow_views, f"Flow{_name(step)}")(**{k: v for k, v in step.items() if k != "type"})
        return own
    try:
        built: Step = TRANSFORMS.build(dict(step))
    except Exception as error:  # a transform may raise anything
        raise UsageError(f"{description.source}: step {_name(step)} cannot be built: {error}") from error
    return built


def _is_random(step: dict[str, Any]) -> bool:
    samples = "Sample" in _name(step) and not step.get("test_mode", _name(step) == "UntrimmedSampleFrames")
    flips = _name(step) == "Flip" and step.get("flip_ratio", 0.5) not in (0, 1)
    return samples or flips or _name(step).startswith(("Random", "ColorJitter", "MultiScaleCrop"))


def _name(step: dict[str, Any]) -> str:
    kind = step["type"]
    return kind.rpartition(".")[2] if isinstance(kind, str) else str(kind.__name__)


def _through(steps: Sequence[Step], results: dict[str, Any]) -> dict[str, Any]:
    for step in steps:
        results = step(results)
    return results
