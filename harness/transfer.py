"""Numbers on their way to a device and back: a GPU is waited for only where they leave it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


def to_device(values: Tensor, device: torch.device | str) -> Tensor:
    """`values` on `device`. A copy from memory to a GPU goes through pinned memory and is not waited for."""
    device = torch.device(device)
    if device.type != "cuda" or values.device.type != "cpu":
        return values.to(device)
    return values.pin_memory().to(device, non_blocking=True)


def to_host(values: Tensor) -> Tensor:
    """`values` in memory, once the device has computed them: whoever lets numbers leave a GPU waits here for it."""
    if values.device.type != "cuda":
        return values.cpu()
    values = values.contiguous()
    kept = torch.empty_like(values, device="cpu", pin_memory=True)
    kept.copy_(values, non_blocking=True)
    torch.cuda.current_stream(values.device).record_event().synchronize()
    return kept


def positions(numbers: Sequence[int], device: torch.device) -> Tensor:
    """Whole numbers as what `Tensor.index_select` takes on this device: int64 ``(len(numbers),)``."""
    return to_device(torch.tensor(numbers, dtype=torch.long), device)


def extremes(values: Tensor) -> tuple[float, float]:
    """The least and the greatest of `values`, 0 if there are none. Waits for the device.

    NaN and infinity show in them, and `values` are read only once for both.
    """
    if not values.numel():
        return 0.0, 0.0
    least, most = to_host(torch.stack(torch.aminmax(values)).double()).tolist()
    return least, most
