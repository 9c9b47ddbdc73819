"""Nested dictionaries of numpy arrays out of a pickle, as users of jax save them, without running anything in it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import WeightsError, WeightsMissingError, one_line

if TYPE_CHECKING:
    import numpy as np

PLAIN_KINDS = "biuf"
"""Of arrays: truth values, whole numbers and real ones."""
DEEPEST = 100
"""Levels of dictionaries."""


def read_numpy_pickle(path: Path) -> dict[str, Any]:
    """The nested dictionary in a pickle: text keys, and dictionaries or arrays of real numbers as values.

    Lists and tuples become dictionaries with the keys ``"0"``, ``"1"`` and so on. Whatever else there is, such as a
    number by itself, is left out. The pickle may name what rebuilds an array, and nothing more. `flattened` makes one
    level of it. Raises `WeightsMissingError` if there is no such file, and `WeightsError` for one that names anything
    else, is damaged, or holds no arrays.
    """
    if not path.is_file():
        raise WeightsMissingError(f"{path}: no such weights file")
    try:
        with path.open("rb") as file:
            content = _Arrays(file).load()
        found = _plain(content)
    except _RefusedError as error:
        raise WeightsError(f"{path}: not read as arrays of numbers: {error}") from error
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from error
    except Exception as error:  # the instructions in a file may fail in any way; none of them is code
        raise WeightsError(f"{path}: not a pickle of arrays, or cut short: {one_line(error)}") from error
    if not isinstance(found, dict) or not found:
        raise WeightsError(f"{path}: expected a dictionary of arrays, found {type(content).__name__} without any")
    return found


def flattened(nested: Mapping[str, Any], separator: str = ".") -> dict[str, np.ndarray]:
    """The arrays of a nested dictionary by their joined keys: ``{"a": {"b": x}}`` becomes ``{"a.b": x}``."""
    flat: dict[str, np.ndarray] = {}
    for key, value in nested.items():
        below = flattened(value, separator) if isinstance(value, dict) else None
        flat.update({key: value} if below is None else {f"{key}{separator}{k}": v for k, v in below.items()})
    return flat


class _RefusedError(Exception):
    """What a file holds is not read, whole though it is."""


class _Arrays(pickle.Unpickler):
    """Knows only the names in the pickle of an array, and has something of its own for each.

    numpy's own functions would trust what a file says about an array. Every answer is a new object, so that a file
    cannot change one for later files.
    """

    def find_class(self, module: str, name: str) -> Any:
        whole = f"{module}.{name}".replace("numpy._core.", "numpy.core.")
        known = {
            "numpy.ndarray": whole,  # named by the others, and not called
            "numpy.dtype": lambda code, *_: _Type(code),
            "numpy.core.multiarray._reconstruct": lambda *_: _Array(),
            "numpy.core.numeric._frombuffer": lambda data, kind, shape, order: _Array(data, kind, shape, order),
            "numpy.core.multiarray.scalar": lambda *_: None,
            "_codecs.encode": lambda text, _: text.encode("latin1"),  # older pickles have text in place of bytes
            "__builtin__.bytes": lambda: b"",
        }
        if whole not in known:
            raise _RefusedError(
                f"the pickle names code ({whole}) to run on loading. Nothing in it was run. "
                "If you trust it, convert it to safetensors."
            )
        return known[whole]


class _Type:
    """A type of numbers."""

    def __init__(self, code: str) -> None:
        import numpy as np

        self.type = np.dtype(str(code))
        if self.type.kind not in PLAIN_KINDS:
            raise _RefusedError(f"it has an array of {self.type}")

    def __setstate__(self, state: Any) -> None:
        self.type = self.type.newbyteorder(state[1])


class _Array:
    """An array, whose content comes with it or, in older pickles, after it."""

    def __init__(self, data: bytes = b"", kind: _Type | None = None, shape: Any = (0,), order: str = "C") -> None:
        import numpy as np

        stored = np.dtype(np.uint8) if kind is None else kind.type
        array = np.frombuffer(data, stored).reshape(shape, order="F" if order == "F" else "C")
        self.value = array.astype(stored.newbyteorder("="))  # a copy, which can be written to

    def __setstate__(self, state: Any) -> None:
        _, shape, kind, fortran, data = state
        self.__init__(data, kind, shape, "F" if fortran else "C")  # type: ignore[misc]


def _plain(value: Any, depth: int = 0) -> Any:
    """Dictionaries and arrays in place of what stands for them; None for anything else."""
    if isinstance(value, _Array):
        return value.value
    if isinstance(value, list | tuple):
        value = dict(enumerate(value))
    if not isinstance(value, dict):
        return None
    if depth > DEEPEST:
        raise _RefusedError(f"it has more than {DEEPEST} levels")
    below = ((str(key), _plain(item, depth + 1)) for key, item in value.items())
    return {key: item for key, item in below if item is not None and not (isinstance(item, dict) and not item)}
