"""What a file of weights holds, read without running anything that is in it, and never more than the file has."""

from __future__ import annotations

import pickle
import re
import warnings
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import WeightsError, WeightsMissingError, one_line

if TYPE_CHECKING:
    from torch import Tensor

StandIns = Mapping[str, Any]
"""What a checkpoint may name in addition to plain data (``"package.module.Class"``), to what is read instead: something
that does nothing with its arguments, so that a file cannot abuse the name."""
NAMED = re.compile(r"(?:GLOBAL|global) ([\w.]+) ")
ZIP = b"PK\3\4"
TORCHSCRIPT = "constants.pkl"
"""A part that only a program of TorchScript has."""


def read(path: Path, stand_ins: StandIns) -> Any:
    """The content of a safetensors file or torch checkpoint, on the CPU; which it is, the file's first bytes say.

    Raises `WeightsMissingError` if there is no such file, and `WeightsError` for one that cannot be read, is broken, or
    names code to run.
    """
    if not path.is_file():
        there = "is a folder, not a file of weights" if path.is_dir() else "no such weights file"
        raise WeightsMissingError(f"{path}: {there}")
    try:
        if not path.stat().st_size:
            raise WeightsError(f"{path}: is empty")
        return _read_safetensors(path) if _is_safetensors(path) else _read_torch(path, stand_ins)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error


def require_plain(tensors: Iterable[tuple[str, Tensor]], path: Path) -> None:
    """Raise `WeightsError` for tensors that are no plain arrays of real numbers, or larger than their file.

    torch makes room for what a tensor claims to have; what the file does not hold would be whatever was in memory.
    """
    import torch

    held: dict[int, int] = {}
    for key, tensor in tensors:
        plain = type(tensor) in (torch.Tensor, torch.nn.Parameter) and tensor.layout == torch.strided
        if not plain or tensor.device.type != "cpu" or tensor.is_quantized or tensor.is_nested or tensor.is_complex():
            raise WeightsError(
                f"{path}: {key!r} is not a plain tensor of real numbers; save it as one, such as float32"
            )
        if tensor.numel():
            held[tensor.untyped_storage().data_ptr()] = max(tensor.untyped_storage().nbytes(), tensor.nbytes)
    if sum(held.values()) > _stored(path):
        raise WeightsError(f"{path}: damaged: its tensors claim more than the file holds")


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(9)
    if head.startswith(ZIP):
        return False
    header = int.from_bytes(head[:8], "little")
    return path.suffix == ".safetensors" or (head[8:] == b"{" and header < path.stat().st_size)


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors.torch import load_file

    try:
        state: dict[str, Tensor] = load_file(path)
    except OSError:
        raise
    except Exception as error:  # a header may be wrong in ways that its reader does not expect
        raise WeightsError(f"{path}: not a safetensors file, or cut short: {one_line(error)}") from error
    return state


def _read_torch(path: Path, stand_ins: StandIns) -> Any:
    import torch

    _require_sound_archive(path)
    allowed = [*_plain_data(), *((stand_in, name) for name, stand_in in stand_ins.items())]
    try:
        with torch.serialization.safe_globals(allowed), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of protocols that torch may not read: if so, that is said below
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise WeightsError(_refusal(path, error)) from error
    except (OSError, KeyboardInterrupt):
        raise
    except Exception as error:  # the instructions in a file may fail in any way; none of them is code
        raise WeightsError(f"{path}: not a checkpoint, or cut short: {one_line(error)}") from error


def _require_sound_archive(path: Path) -> None:
    """Nothing is unpacked beyond the size of the file, and programs are named as such."""
    if not _is_zip(path):
        return
    names = [entry.filename for entry in _entries(path)]
    if any(name.rpartition("/")[2] == TORCHSCRIPT for name in names):
        raise WeightsError(f"{path}: is a TorchScript program, which is not run; save its state_dict() instead")
    if sum(entry.file_size for entry in _entries(path)) > path.stat().st_size:
        raise WeightsError(f"{path}: unpacks to more than its size; torch saves without compression, save it so")


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(ZIP)) == ZIP


def _entries(path: Path) -> list[zipfile.ZipInfo]:
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.infolist()
    except OSError:
        raise
    except Exception as error:  # besides BadZipFile whatever its fields lead to
        raise WeightsError(f"{path}: not a checkpoint, or cut short: {one_line(error)}") from error


def _stored(path: Path) -> int:
    """Bytes that the tensors of a file may have at most."""
    if not _is_zip(path):
        return path.stat().st_size
    return sum(entry.file_size for entry in _entries(path) if "/data/" in entry.filename)


def _plain_data() -> list[Any]:
    """numpy's numbers and arrays, which torch >= 2.6 refuses."""
    import numpy as np

    multiarray: Any = getattr(np, "_core", None) or np.core
    functions = {name: getattr(multiarray.multiarray, name) for name in ("_reconstruct", "scalar")}
    named = [(f, f"numpy.{core}.multiarray.{name}") for name, f in functions.items() for core in ("core", "_core")]
    dtypes = [type(np.dtype(code)) for code in ("f8", "f4", "i8", "i4", "?")]
    return [np.ndarray, np.dtype, *dtypes, *named]


def _refusal(path: Path, error: pickle.UnpicklingError) -> str:
    found = NAMED.search(str(error))
    if found is None:
        reason = str(error).split("\n\n")[-2:][0].strip().splitlines()[-1]  # between torch's advice
        return f"{path}: not a checkpoint as torch.save writes them, or damaged: {reason}"
    return (
        f"{path}: refused because it is a pickle that names code ({found[1]}) to run on loading. "
        "Nothing in it was run. If you trust it, convert it to a plain state dictionary or to safetensors."
    )
