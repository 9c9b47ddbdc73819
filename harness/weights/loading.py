"""Checkpoints into memory and onto disk, without running anything that is in them."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import WeightsError, WeightsMissingError
from harness.files import write_atomically

if TYPE_CHECKING:
    from torch import Tensor, nn

WRAPPERS = ("params_ema", "params", "state_dict")
"""Keys under which training libraries keep the state dictionary, in the order in which they are preferred."""
StandIns = Mapping[str, Any]
"""What a checkpoint may name in addition to plain data (``"package.module.Class"``), to what is read instead: something
that does nothing with its arguments, so that a file cannot abuse the name."""


def load_state(path: Path, stand_ins: StandIns | None = None) -> dict[str, Tensor]:
    """Read a state dictionary onto the CPU, from safetensors or from a torch checkpoint without code in it.

    A dictionary wrapped under ``params_ema``, ``params`` or ``state_dict`` is unwrapped. Beside tensors the file may
    hold Python's and numpy's numbers, arrays and containers, and what `stand_ins` names. Raises `WeightsMissingError`
    if there is no such file and `WeightsError` for one that is broken, carries code, or holds no tensors.
    """
    if not path.is_file():
        raise WeightsMissingError(f"{path}: no such weights file")
    content: Any = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path, stand_ins or {})
    for key in WRAPPERS:
        if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
            content = content[key]
            break
    import torch

    if not isinstance(content, Mapping) or not content:
        raise WeightsError(f"{path}: expected a state dictionary of tensors, found {type(content).__name__}")
    foreign = [key for key, value in content.items() if not isinstance(value, torch.Tensor)]
    if foreign:
        raise WeightsError(f"{path}: expected a state dictionary of tensors, but {foreign[0]!r} is not a tensor")
    return dict(content)


def load_into(network: nn.Module, path: Path) -> None:
    """Load a weights file into a network, every key and shape matching. Raises `WeightsError` if they do not."""
    try:
        network.load_state_dict(load_state(path))
    except RuntimeError as error:
        lines = str(error).splitlines()
        raise WeightsError(
            f"{path}: does not fit the network (are its options, such as its width, those it was trained with?)\n"
            + "\n".join(lines[1:6])
        ) from error


def save_state(path: Path, state: Mapping[str, Tensor], metadata: Mapping[str, str]) -> None:
    """Write a state dictionary as safetensors, whole or not at all.

    `metadata` goes into the header's entry ``harness`` as JSON: one entry, because safetensors keeps several in
    random order and the file's sha256 should depend on its content alone.
    """
    from safetensors.torch import save

    path.parent.mkdir(parents=True, exist_ok=True)
    header = {"harness": json.dumps(dict(metadata), sort_keys=True)}
    # not `save_file`, whose files only the owner can read
    write_atomically(path, save({k: v.detach().cpu().contiguous().clone() for k, v in state.items()}, header))


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state: dict[str, Tensor] = load_file(path)
    except SafetensorError as error:
        raise WeightsError(f"{path}: not a safetensors file, or cut short: {error}") from error
    return state


def _read_torch(path: Path, stand_ins: StandIns) -> Any:
    import torch

    allowed = [*_plain_data(), *((stand_in, name) for name, stand_in in stand_ins.items())]
    try:
        with torch.serialization.safe_globals(allowed):
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(_refusal(path, error)) from error
    except (RuntimeError, EOFError, ValueError, KeyError, IndexError, AttributeError, TypeError) as error:
        raise WeightsError(f"{path}: not a checkpoint, or cut short: {type(error).__name__}: {error}") from error


def _plain_data() -> list[Any]:
    """numpy's numbers and arrays, which torch >= 2.6 refuses."""
    import numpy as np

    multiarray: Any = getattr(np, "_core", None) or np.core
    functions = {name: getattr(multiarray.multiarray, name) for name in ("_reconstruct", "scalar")}
    named = [(f, f"numpy.{core}.multiarray.{name}") for name, f in functions.items() for core in ("core", "_core")]
    dtypes = [type(np.dtype(code)) for code in ("f8", "f4", "i8", "i4", "?")]
    return [np.ndarray, np.dtype, *dtypes, *named]


def _refusal(path: Path, error: pickle.UnpicklingError) -> str:
    found = re.search(r"(?:GLOBAL|global) ([\w.]+) ", str(error))
    return (
        f"{path}: refused because it is a pickle that names code{f' ({found[1]})' if found else ''} to run on loading. "
        "Nothing in it was run. If you trust it, convert it to a plain state dictionary or to safetensors."
    )
