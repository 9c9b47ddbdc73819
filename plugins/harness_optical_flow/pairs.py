"""What the OpenCV estimators share: grey levels in one batch, then the pairs in a pool of threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from harness.errors import HarnessError
from harness.transfer import to_device, to_host

Grey = NDArray[np.uint8]
LUMA = (0.299, 0.587, 0.114)
"""BT.601 weights of red, green and blue, as OpenCV's RGB to grey."""


class Algorithm(Protocol):
    """An estimator object of OpenCV."""

    def calc(self, first: Grey, second: Grey, flow: None, /) -> NDArray[np.float32]: ...


class PairwiseFlow:
    """Flow of many pairs at once. Implements `harness.contracts.FlowEstimator`.

    `make` builds the OpenCV object; each thread has its own, because it keeps buffers. `threads` defaults to torch's
    number of threads and changes no result. OpenCV itself gets one thread: pairs keep the cores busier than parts
    of a small frame, and DIS cuts its work into as many stripes as OpenCV has threads.
    """

    def __init__(self, make: Callable[[], Algorithm], threads: int | None = None) -> None:
        self._make = make
        self._threads = threads or torch.get_num_threads()
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="flow")

    def flow(self, first: Tensor, second: Tensor) -> Tensor:
        """Flow of each pair: two ``(N, 3, H, W)`` in [0, 1] to ``(N, 2, H, W)`` in pixels, on the device of `first`.

        Raises `HarnessError` when OpenCV refuses the frames (too small for the patch or the pyramid).
        """
        if not len(first):
            return first.new_zeros((0, 2, *first.shape[-2:]))
        cv2.setNumThreads(1)  # not set back: it would disturb another thread's flow
        flows = list(self._pool.map(self._pair, grey_levels(first), grey_levels(second)))
        stacked = torch.from_numpy(np.stack(flows))
        return to_device(stacked.permute(0, 3, 1, 2).contiguous(), first.device)

    def _pair(self, first: Grey, second: Grey) -> NDArray[np.float32]:
        if not hasattr(self._local, "algorithm"):
            self._local.algorithm = self._make()
        try:
            flow: NDArray[np.float32] = self._local.algorithm.calc(first, second, None)
        except cv2.error as error:
            height, width = first.shape
            raise HarnessError(
                f"OpenCV cannot compute the flow of {width}x{height} frames with these options: {error.err}; "
                "change the options or use larger frames"
            ) from error
        return flow


def grey(frames: Tensor) -> Tensor:
    """RGB ``(N, 3, H, W)`` in [0, 1] to grey ``(N, H, W)`` in whole levels from 0 to 255, on the same device."""
    weights = to_device(torch.tensor(LUMA, dtype=frames.dtype), frames.device)
    return torch.einsum("nchw,c->nhw", frames, weights).mul_(255).round_().clamp_(0, 255)


def grey_levels(frames: Tensor) -> Grey:
    """RGB ``(N, 3, H, W)`` in [0, 1] to 8-bit grey ``(N, H, W)``, rounded."""
    levels: Grey = to_host(grey(frames).to(torch.uint8)).numpy()
    return levels
