"""ImageNet weights of torchvision's ResNets for a stream.

The stream of frames uses them unchanged. A stack of flow has other channels: its first convolution is the mean of the
RGB kernels, repeated. Temporal convolutions take the mean over time.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from harness.errors import WeightsError
from harness.weights.download import download
from harness.weights.loading import load_state, require_finite
from harness_stresnet.units import over_time

RESNET50 = "https://download.pytorch.org/models/resnet50-0676ba61.pth"
"""``ResNet50_Weights.IMAGENET1K_V1`` of torchvision; the name ends in the first digits of its sha256."""
FIRST, CLASSIFIER, COUNTER = "conv1.weight", "fc.", "num_batches_tracked"


def imagenet_file() -> Path:
    """torchvision's ImageNet weights of ResNet-50, where torch.hub keeps them; fetched if they are not there yet.

    Raises `WeightsError` if they cannot be fetched.
    """
    file = Path(torch.hub.get_dir()) / "checkpoints" / RESNET50.rpartition("/")[2]
    if not file.is_file():
        try:
            download(RESNET50, file, file.stem.rpartition("-")[2])
        except WeightsError as error:
            raise WeightsError(f"{error}; download it by hand and put it at {file}") from error
    return file


def load_imagenet(stream: nn.Module, path: Path) -> None:
    """Load a stream from a file of a torchvision ResNet's state. Raises `WeightsError` if it does not fit."""
    own = stream.state_dict()
    state = {key: value for key, value in load_state(path, like=own).items() if not key.startswith(CLASSIFIER)}
    fitted = {key: _fitted(key, value, own[key]) for key, value in state.items() if key in own}
    strange = [key for key in state if key not in own]
    wrong = [k for k, v in own.items() if not k.endswith(COUNTER) and (k not in fitted or fitted[k].shape != v.shape)]
    if strange or wrong:
        raise WeightsError(
            f"{path}: not the weights of a torchvision ResNet of this depth and width; "
            f"first that does not fit: {(strange + wrong)[0]!r}"
        )
    require_finite(fitted, path)
    stream.load_state_dict(fitted, strict=False)


def _fitted(key: str, value: Tensor, own: Tensor) -> Tensor:
    if value.ndim == 4 and own.ndim == 5:
        return over_time(value)
    if key == FIRST and value.ndim == 4 and value.shape[1] != own.shape[1]:
        return repeated_mean(value, own.shape[1])
    return value


def repeated_mean(kernels: Tensor, channels: int) -> Tensor:
    """RGB kernels ``(O, 3, h, w)`` to ``(O, channels, h, w)``: their mean, repeated."""
    return kernels.mean(dim=1, keepdim=True).repeat(1, channels, 1, 1)
