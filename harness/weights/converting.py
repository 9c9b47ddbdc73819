"""Checkpoints in formats of other libraries, installed as safetensors that say where they come from."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError, WeightsError, one_line
from harness.imports import resolve_import
from harness.specs import Weights
from harness.weights.loading import require_finite, save_state

if TYPE_CHECKING:
    from torch import Tensor


def install_converted(weights: Weights, source: str, file: Path, target: Path) -> None:
    """Convert a checkpoint as published, whose checksum is right, and write it to `target`.

    Its header says source, licence and sha256 of the file that was published, and the sha256 of its own numbers. Raises
    `WeightsError` where the declared function cannot make tensors of the file, and `OSError` as writing does.
    """
    tensors = _tensors(str(weights.convert), source, file)
    facts = {
        "trained_on": weights.trained_on,
        "licence": weights.licence,
        "note": weights.note,
        "source": source,
        "sha256": weights.sha256.lower(),
    }
    save_state(target, tensors, {**facts, "numbers": _digest_of(tensors)})


def _tensors(function: str, source: str, file: Path) -> Mapping[str, Tensor]:
    convert = resolve_import(function)
    try:
        tensors: Mapping[str, Tensor] = convert(file)
    except HarnessError:
        raise
    except Exception as error:  # a plugin's own code
        raise WeightsError(f"{source}: cannot be converted by {function}: {one_line(error)}") from error
    require_finite(tensors, file)
    return tensors


def _digest_of(tensors: Mapping[str, Tensor]) -> str:
    """The sha256 of the numbers as a file of safetensors has them."""
    from safetensors.torch import save

    content = save({key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()})
    (length,) = struct.unpack("<Q", content[:8])
    return hashlib.sha256(memoryview(content)[8 + length :]).hexdigest()
