"""The stages of the pipeline from files, clip by clip and frame by frame, with what BasicSR and OpenCV offer.

Folders hold ``img_00001.png`` and so on, flow folders ``x_00001.jpg`` and ``y_00001.jpg``. Images are BGR, as OpenCV's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from harness_benchmarks.measuring import NetworkClock
from numpy.typing import NDArray

from harness.errors import HarnessError
from harness_basicsr import compat  # noqa: F401  (before basicsr)

from basicsr.data.transforms import mod_crop  # isort: skip
from basicsr.metrics import calculate_psnr, calculate_ssim  # isort: skip
from basicsr.utils import img2tensor, imwrite, tensor2img  # isort: skip
from basicsr.utils.matlab_functions import imresize  # isort: skip

Image = Grey = NDArray[np.uint8]
Restore = Callable[[Image], Image]
FRAME = "img_{:05d}.png"
FLOW = "{}_{:05d}.jpg"
DIS_SETTERS = {
    "finest_scale": "setFinestScale",
    "coarsest_scale": "setCoarsestScale",
    "patch_size": "setPatchSize",
    "patch_stride": "setPatchStride",
    "gradient_descent_iterations": "setGradientDescentIterations",
    "mean_normalization": "setUseMeanNormalization",
    "spatial_propagation": "setUseSpatialPropagation",
    "refinement_iterations": "setVariationalRefinementIterations",
    "refinement_alpha": "setVariationalRefinementAlpha",
    "refinement_delta": "setVariationalRefinementDelta",
    "refinement_gamma": "setVariationalRefinementGamma",
    "refinement_epsilon": "setVariationalRefinementEpsilon",
}
"""Options of the flow estimator `dis` and the OpenCV calls that they stand for."""


def save_frames(frames: Iterable[Image], folder: Path, scale: int, wanted: Collection[int]) -> None:
    """Write the wanted ones of RGB frames, by number from 0, cropped to a multiple of `scale`, as PNG."""
    for number, frame in enumerate(frames):
        if number in wanted:
            cropped = mod_crop(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR), scale)
            imwrite(cropped, str(folder / FRAME.format(number + 1)))


def convert(source: Path, target: Path, change: Restore) -> None:
    """Read every image of a folder, change it, and write it to another one under the same name."""
    for path in sorted(source.iterdir()):
        imwrite(change(read(path)), str(target / path.name))


def resize(image: Image, scale: float) -> Image:
    """MATLAB-like bicubic by BasicSR."""
    resized: NDArray[np.float32] = imresize(image.astype(np.float32) / 255, scale)
    levels: Image = np.rint(resized.clip(0, 1) * 255).astype(np.uint8)
    return levels


def infer(network: torch.nn.Module, device: torch.device, image: Image) -> Image:
    """One image through a network, as BasicSR's inference scripts do it."""
    batch = img2tensor(image.astype(np.float32) / 255).unsqueeze(0).to(device)
    with torch.no_grad():
        restored: Image = tensor2img(network(batch))
    return restored


def compare(source: Path, target: Path, border: int, wanted: Iterable[int]) -> dict[str, float]:
    """PSNR and SSIM on Y by BasicSR, means over the wanted frames; identical frames do not count for PSNR."""
    psnr, ssim = [], []
    for number in wanted:
        pair = [read(folder / FRAME.format(number + 1)) for folder in (target, source)]
        psnr.append(calculate_psnr(*pair, crop_border=border, test_y_channel=True))
        ssim.append(calculate_ssim(*pair, crop_border=border, test_y_channel=True))
    finite = [value for value in psnr if np.isfinite(value)]
    return {"psnr_y": float(np.mean(finite)) if finite else float("nan"), "ssim_y": float(np.mean(ssim))}


def make_dis(options: Mapping[str, Any]) -> Any:
    """OpenCV's estimator with the options of `dis`."""
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    for option, value in options.items():
        getattr(dis, DIS_SETTERS[option])(value)
    return dis


def save_flow(
    dis: Any, source: Path, target: Path, bound: float, networks: NetworkClock, wanted: Iterable[int]
) -> None:
    """Flow from the wanted frames to the next ones, clipped at +-`bound` pixels, as a JPEG for x and one for y each."""
    second: tuple[int, Grey] | None = None
    for number in sorted(wanted):
        first = second[1] if second and second[0] == number else _grey(source, number)
        second = number + 1, _grey(source, number + 1)
        with networks.inside("flow"):
            flow = dis.calc(first, second[1], None)
        levels = np.rint((flow.clip(-bound, bound) + bound) * (255 / (2 * bound))).astype(np.uint8)
        for axis, channel in zip("xy", np.moveaxis(levels, -1, 0), strict=True):
            imwrite(channel, str(target / FLOW.format(axis, number + 1)))


def _grey(folder: Path, number: int) -> Grey:
    grey: Grey = cv2.cvtColor(read(folder / FRAME.format(number + 1)), cv2.COLOR_BGR2GRAY)
    return grey


def read(path: Path) -> Image:
    """An image of a file. Raises `HarnessError` if OpenCV cannot read it."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise HarnessError(f"{path}: cannot be read as an image; is the disk full?")
    return image.astype(np.uint8, copy=False)
