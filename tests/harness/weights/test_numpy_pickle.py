"""Pickles of arrays as numpy really writes them, and pickles that would run something."""

from __future__ import annotations

import builtins
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.errors import WeightsError, WeightsMissingError
from harness.weights.numpy_pickle import flattened, read_numpy_pickle

ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(8, dtype=">f4")[::2],
    np.array(2.5),
    np.ones((0, 3)),
    np.array([True, False]),
]


def written(tmp_path: Path, content: object, protocol: int = 4) -> Path:
    path = tmp_path / "net.ckpt"
    path.write_bytes(pickle.dumps(content, protocol))
    return path


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_of_every_layout_and_protocol_are_read(tmp_path: Path, protocol: int) -> None:
    content = {"params": {f"a{i}": array for i, array in enumerate(ARRAYS)}, "list": ARRAYS[:2], "step": np.int64(3)}
    found = read_numpy_pickle(written(tmp_path, content, protocol))
    assert set(found) == {"params", "list"}
    flat = flattened(found)
    for i, expected in enumerate(ARRAYS):
        array = flat[f"params.a{i}"]
        assert np.array_equal(array, expected) and array.dtype == expected.dtype.newbyteorder("=")
        assert array.flags.writeable
    assert np.array_equal(flat["list.1"], ARRAYS[1])


class Running:
    """Names a function to be called on loading."""

    def __init__(self, function: object, *arguments: object) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize(
    ("harmful", "named"),
    [
        (Running(os.mkdir, "ran"), "posix.mkdir"),
        (Running(builtins.eval, "open('ran', 'w')"), "builtins.eval"),
        (Running(np.fromfile, "ran"), "numpy.fromfile"),
        (Running(getattr, [], "sort"), "builtins.getattr"),
    ],
)
def test_a_name_of_code_is_refused_and_nothing_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harmful: Running, named: str
) -> None:
    path = written(tmp_path, {"a": harmful})
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=f"names code .*{named}"):
        read_numpy_pickle(path)
    assert not (tmp_path / "ran").exists()


def test_what_is_no_array_of_numbers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="an array of object"):
        read_numpy_pickle(written(tmp_path, {"a": np.array([{}, []], dtype=object)}))
    with pytest.raises(WeightsError, match="found dict without any"):
        read_numpy_pickle(written(tmp_path, {"a": 1, "b": {}}))
    with pytest.raises(WeightsError, match="found int without any"):
        read_numpy_pickle(written(tmp_path, 5))


def test_an_array_cannot_claim_more_than_the_file_holds(tmp_path: Path) -> None:
    path = written(tmp_path, {"a": np.zeros(3, np.float32)}, protocol=2)
    content = path.read_bytes()
    assert content.count(b"K\x03\x85") == 1  # its shape (3,)
    path.write_bytes(content.replace(b"K\x03\x85", b"J\xff\xff\xff\x7f\x85"))
    with pytest.raises(WeightsError, match="not a pickle of arrays, or cut short"):
        read_numpy_pickle(path)


def test_a_file_cannot_change_the_reader_for_later_ones(tmp_path: Path) -> None:
    # BUILD sets attributes of whatever is on the stack: here of what stands for numpy's functions
    poison = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(N}X\x05\x00\x00\x00valueK\x01stb."
    bad = tmp_path / "bad.ckpt"
    bad.write_bytes(poison)
    with pytest.raises(WeightsError):
        read_numpy_pickle(bad)
    assert np.array_equal(read_numpy_pickle(written(tmp_path, {"a": ARRAYS[0]}))["a"], ARRAYS[0])


def test_broken_deep_and_missing_files_are_said(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissingError, match="no such weights file"):
        read_numpy_pickle(tmp_path / "none.ckpt")
    path = written(tmp_path, {"a": ARRAYS[0]})
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(WeightsError, match="cut short"):
        read_numpy_pickle(path)
    deep: dict[str, Any] = {"a": ARRAYS[0]}
    for _ in range(150):
        deep = {"a": deep}
    with pytest.raises(WeightsError, match="more than 100 levels"):
        read_numpy_pickle(written(tmp_path, deep))
    circle: dict[str, Any] = {"a": ARRAYS[0]}
    circle["self"] = circle
    with pytest.raises(WeightsError, match="more than 100 levels"):
        read_numpy_pickle(written(tmp_path, circle))
