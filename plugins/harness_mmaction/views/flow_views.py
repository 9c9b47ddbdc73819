"""Mirror images of flow, which MMAction2 1.2.0 gets wrong: its ``Flip`` inverts x and y of every other field, its
``TenCrop`` nothing. In the mirrored video x alone changes its sign: level v becomes 255 - v.
"""

from __future__ import annotations

from typing import Any

import cv2
from mmaction.datasets.transforms import Flip, TenCrop


class FlowTenCrop(TenCrop):  # type: ignore[misc]
    """``TenCrop`` of flow fields ``(H, W, 2)``, uint8."""

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        count = len(results["imgs"])
        found: dict[str, Any] = super().transform(results)
        for index, field in enumerate(found["imgs"]):
            if index // count % 2:  # every crop is followed by its mirror image
                _invert_x(field)
        return found


class FlowFlip(Flip):  # type: ignore[misc]
    """``Flip`` of flow fields ``(H, W, 2)``, uint8, left to right."""

    def _flip_imgs(self, imgs: list[Any], modality: str) -> list[Any]:
        flipped = [cv2.flip(field, 1) for field in imgs]
        for field in flipped:
            _invert_x(field)
        return flipped


def _invert_x(field: Any) -> None:
    field[..., 0] = 255 - field[..., 0]
