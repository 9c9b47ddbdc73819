"""What restoring costs on any machine: multiply-adds, and memory for tensors."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Sequence
from math import prod
from typing import Any

import torch
import torchvision  # noqa: F401  (registers its operators)
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.flop_counter import FlopCounterMode, sdpa_flop_count

from harness.contracts import Cost
from harness.running.compiling import uncompiled


def measure_cost(restore: Callable[[], Tensor], frames: int) -> Cost | None:
    """Restore once more, watched: `restore` returns `frames` frames. None for code that cannot be watched.

    torch's counter knows convolutions, matrix products and attention; interpolation, activations and whatever is not
    done by torch count nothing.
    """
    memory, counter = LiveBytes(), FlopCounterMode(display=False, custom_mapping=FORMULAS)
    try:
        with torch.inference_mode(), uncompiled(), memory, counter:
            restore()
    except Exception:  # a plugin's code, which has restored the clip already; only its cost stays unknown
        return None
    return Cost(counter.get_total_flops() / 2 / frames, memory.peak)


class LiveBytes(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """`peak`: the most bytes of tensors that operations within have made and that were alive at once.

    Tensors from outside, such as weights, do not count, nor does what a kernel uses inside, so it is the same on every
    device.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.peak = 0
        self._now = 0
        self._alive: dict[int, int] = {}
        """Sizes of storages by identity; 0 for those from outside."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self._meet(tree_leaves((args, kwargs)), made=False)
        result = func(*args, **(kwargs or {}))
        self._meet(tree_leaves(result), made=True)
        return result

    def _meet(self, values: Iterable[Any], made: bool) -> None:
        for storage in [value.untyped_storage() for value in values if isinstance(value, Tensor)]:
            if id(storage) not in self._alive:
                self._alive[id(storage)] = storage.nbytes() if made else 0
                self._now += self._alive[id(storage)]
                weakref.finalize(storage, self._forget, id(storage))
        self.peak = max(self.peak, self._now)

    def _forget(self, storage: int) -> None:
        self._now -= self._alive.pop(storage)


def _attention_flops(
    query: Sequence[int], key: Sequence[int], value: Sequence[int], *_: Any, out_shape: Any, **__: Any
) -> int:
    flops: int = sdpa_flop_count(query, key, value)  # type: ignore[no-untyped-call]
    return flops


def _deformable_flops(_: Sequence[int], weight: Sequence[int], *__: Any, out_shape: Sequence[int], **___: Any) -> int:
    """Two for every multiply-add of kernels ``(out, in / groups, height, width)``; sampling counts nothing."""
    return 2 * prod(out_shape) * prod(weight[1:])


FORMULAS = {
    torch.ops.aten._scaled_dot_product_flash_attention_for_cpu: _attention_flops,
    torch.ops.torchvision.deform_conv2d: _deformable_flops,
}
"""What torch's counter does not know: attention on a CPU, and deformable convolution."""
