"""Cures for faults of basicsr 1.4.2; import from here before anything of basicsr is imported."""

from __future__ import annotations

import functools
import inspect
import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

GONE = "torchvision.transforms.functional_tensor"


def alias_functional_tensor() -> None:
    """basicsr imports a module that left torchvision in 0.17 (XPixelGroup/BasicSR #533, #663); give it back."""
    if GONE in sys.modules:
        return
    from torchvision.transforms.functional import rgb_to_grayscale

    module = ModuleType(GONE)
    vars(module)["rgb_to_grayscale"] = rgb_to_grayscale
    sys.modules[GONE] = module


def require_importable() -> None:
    """Imports what cannot be imported without `alias_functional_tensor`; raises whatever that raises."""
    alias_functional_tensor()
    import basicsr.archs.rrdbnet_arch  # noqa: F401


@contextmanager
def command_line(options: Path, *more: str) -> Iterator[None]:
    """basicsr's `train_pipeline` takes its option file from ``sys.argv`` alone; show it one for a while."""
    before = sys.argv
    sys.argv = [before[0], "-opt", str(options), *more]
    try:
        yield
    finally:
        sys.argv = before


def load_resume_state(opt: Mapping[str, Any]) -> dict[str, Any] | None:
    """What basicsr's function of this name does, which asks for a CUDA device even with ``num_gpu: 0``.

    The state is read with ``weights_only=True``.
    """
    import torch
    from basicsr.utils import check_resume

    path = opt["path"].get("resume_state")
    if not path:
        return None
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    check_resume(opt, state["iter"])
    return state


@contextmanager
def resume_on_any_device() -> Iterator[None]:
    """Let basicsr's pipeline resume on the CPU as well."""
    import basicsr.train as pipeline

    original = pipeline.load_resume_state
    pipeline.load_resume_state = load_resume_state
    try:
        yield
    finally:
        pipeline.load_resume_state = original


def align_on_any_device() -> None:
    """Let BasicVSR++ align its features without CUDA, and forget whether the last clip was a mirrored one.

    Two faults of ``basicsr/archs/basicvsrpp_arch.py``, still there in XPixelGroup/BasicSR 8d56e3a. The alignment is
    left out where there is no CUDA device, though it calls torchvision's deformable convolution, which runs anywhere;
    the network is another one then, and its weights do not load. And `is_mirror_extended` is set by a clip that reads
    the same backwards, such as a still one, and never unset, so that later clips get their flow the wrong way round.
    """
    from basicsr.archs.basicvsrpp_arch import BasicVSRPlusPlus

    if getattr(BasicVSRPlusPlus, "harness_aligned", False):
        return
    construct, forward = BasicVSRPlusPlus.__init__, BasicVSRPlusPlus.forward

    @functools.wraps(construct)
    def constructed(self: Any, *args: Any, **kwargs: Any) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Deformable alignment module is not added")
            construct(self, *args, **kwargs)
        if not self.is_with_alignment:
            given = inspect.signature(construct).bind(self, *args, **kwargs)
            given.apply_defaults()
            _add_alignment(self, given.arguments["max_residue_magnitude"])

    @functools.wraps(forward)
    def forgetful(self: Any, lqs: Any) -> Any:
        self.is_mirror_extended = False
        return forward(self, lqs)

    BasicVSRPlusPlus.__init__, BasicVSRPlusPlus.forward = constructed, forgetful
    BasicVSRPlusPlus.harness_aligned = True


def hear_of_meshgrid_now() -> None:
    """Keep torch's warning on basicsr's calls of `torch.meshgrid` off the user's screen: it comes once a process."""
    import torch

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.meshgrid(torch.arange(1), torch.arange(1))


def measure_every_frame_of_a_clip() -> None:
    """Let `SRModel` validate networks that restore whole clips.

    It shows the metrics one picture, for which basicsr's ``tensor2img`` lays the frames of a clip on a grid with black
    lines between. Frames one under another are compared without them.
    """
    from basicsr.models.sr_model import SRModel

    if getattr(SRModel, "harness_clips", False):
        return
    visuals = SRModel.get_current_visuals

    @functools.wraps(visuals)
    def stacked(self: Any) -> Mapping[str, Any]:
        found: dict[str, Any] = visuals(self)
        return {key: v.transpose(1, 2).flatten(2, 3) if v.ndim == 5 and key != "lq" else v for key, v in found.items()}

    SRModel.get_current_visuals = stacked
    SRModel.harness_clips = True


def _add_alignment(network: Any, max_residue_magnitude: float) -> None:
    """What BasicVSR++'s constructor does where there is a CUDA device."""
    from basicsr.archs.basicvsrpp_arch import SecondOrderDeformableAlignment

    width = network.mid_channels
    for name in network.backbone:
        network.deform_align[name] = SecondOrderDeformableAlignment(
            2 * width, width, 3, padding=1, deformable_groups=16, max_residue_magnitude=max_residue_magnitude
        )
    network.is_with_alignment = True


@contextmanager
def own_log_file() -> Iterator[None]:
    """basicsr opens a log file for the first training of a process only; make every training the first."""
    _forget_logger()
    try:
        yield
    finally:
        _forget_logger()


def _forget_logger() -> None:
    from basicsr.utils.logger import initialized_logger

    logger = logging.getLogger("basicsr")
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    initialized_logger.pop("basicsr", None)


alias_functional_tensor()
