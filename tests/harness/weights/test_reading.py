"""Whatever a file of weights holds, it loads or is refused in a sentence; no code runs, and memory is bounded."""

from __future__ import annotations

import io
import json
import os
import pickle
import random
import resource
import struct
import warnings
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save as safetensors

from harness.errors import WeightsError
from harness.weights.loading import load_into, load_state

STATE = {"conv.weight": torch.arange(18.0).reshape(2, 1, 3, 3), "conv.bias": torch.zeros(2)}
MORE_MEMORY = 400 << 10
"""KiB; a file of a few kilobytes may not take more."""
MUTATIONS = 90
"""Of each of the seeds."""


class Payload:
    """Creates a folder when unpickled."""

    target = "it-ran"

    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (self.target,)


def torch_file(content: object, zipped: bool = True) -> bytes:
    buffer = io.BytesIO()
    torch.save(content, buffer, _use_new_zipfile_serialization=zipped)
    return buffer.getvalue()


def numpy_file() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, **{key: value.numpy() for key, value in STATE.items()})
    return buffer.getvalue()


SEEDS: dict[str, Callable[[], bytes]] = {
    "net.safetensors": lambda: safetensors(STATE),
    "zip.pth": lambda: torch_file({"params": STATE, "lr": np.float32(1), "losses": np.zeros(3)}),
    "legacy.pth": lambda: torch_file({"state_dict": STATE, "epoch": 3}, zipped=False),
    "attack.pth": lambda: torch_file({"state_dict": STATE, "extra": Payload()}),
    "attack.pkl": lambda: pickle.dumps({"w": Payload()}, protocol=2),
    "arrays.npz": numpy_file,
}


def header_file(header: object, data: bytes = bytes(100)) -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def entry(dtype: str = "F32", shape: object = (2,), offsets: object = (0, 8)) -> dict[str, object]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def packed(compression: int, *names: str, size: int = 100) -> bytes:
    """A zip file with parts of zeros."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice, which is the point
        for name in names:
            archive.writestr(name, bytes(size))
    return buffer.getvalue()


ODD: dict[str, bytes] = {
    "empty.pth": b"",
    "empty.safetensors": b"",
    "length.safetensors": b"\xff" * 16,
    "longer.safetensors": struct.pack("<Q", 1 << 40) + b"{}",
    "deep.safetensors": header_file(b"[" * 100_000),
    "deeper.safetensors": header_file(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "list.safetensors": header_file([]),
    "bytes.safetensors": header_file(b'{"\xff": 1}'),
    "digits.safetensors": header_file(b'{"a": ' + b"9" * 5000 + b"}"),
    "overlap.safetensors": header_file({"a": entry(), "b": entry(offsets=(4, 12))}, bytes(12)),
    "beyond.safetensors": header_file({"a": entry(offsets=(0, 1 << 50), shape=(1 << 48,))}),
    "backwards.safetensors": header_file({"a": entry(offsets=(8, 0))}),
    "shape.safetensors": header_file({"a": entry(shape=(1 << 40, 1 << 40))}, bytes(8)),
    "negative.safetensors": header_file({"a": entry(shape=(-2,))}, bytes(8)),
    "kind.safetensors": header_file({"a": entry("F4096")}, bytes(8)),
    "bomb.pth": packed(zipfile.ZIP_DEFLATED, "net/data.pkl", "net/data/0", size=1 << 24),
    "twice.pth": packed(zipfile.ZIP_STORED, "net/data.pkl", "net/data.pkl", "net/version"),
    "program.pt": packed(zipfile.ZIP_STORED, "net/data.pkl", "net/constants.pkl"),
    "no parts.pth": packed(zipfile.ZIP_STORED, "a"),
    "array.npy": b"\x93NUMPY\x01\x00" + bytes(100),
    "memory.pkl": b"\x80\x02cbuiltins\nbytearray\nq\x00\x8a\x06\x00\x00\x00\x00\x00\x10\x85R.",
    "recursive.pkl": b"\x80\x02]q\x00h\x00a.",
    "nested.pkl": b"\x80\x02" + b"]" * 100_000 + b"a" * 99_999 + b".",
    "protocol.pkl": pickle.dumps({"w": 1}, protocol=4),
    "text.pth": b"<!DOCTYPE html><html>not found</html>",
    "pointer.pth": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12345\n",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_file_is_refused_in_a_sentence(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ODD[name])
    with pytest.raises(WeightsError, match=name) as caught:
        load_state(tmp_path / name)
    assert len(str(caught.value).splitlines()) == 1


def test_a_program_and_a_bomb_are_named_as_such(tmp_path: Path) -> None:
    for name, message in (("program.pt", "TorchScript"), ("bomb.pth", "unpacks to more than its size")):
        (tmp_path / name).write_bytes(ODD[name])
        with pytest.raises(WeightsError, match=message):
            load_state(tmp_path / name)


def test_a_folder_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="is a folder"):
        load_state(tmp_path)


def test_a_safetensors_file_of_another_ending_is_read(tmp_path: Path) -> None:
    (tmp_path / "net.ckpt").write_bytes(safetensors(STATE))
    assert load_state(tmp_path / "net.ckpt").keys() == STATE.keys()


def mutated(seed: bytes, chance: random.Random) -> bytes:
    """One change: bits, a cut, an insertion, a piece twice or elsewhere, or a number that is absurd."""
    content = bytearray(seed)
    at, other = sorted(chance.randrange(len(content)) for _ in range(2))
    absurd = chance.choice([b"\xff" * 8, bytes(8), struct.pack("<Q", 1 << 40), struct.pack("<I", 0x7FFFFFFF)])
    kind = chance.randrange(6)
    if kind == 0:
        content[at] ^= 1 << chance.randrange(8)
    elif kind == 1:
        del content[at:]
    elif kind == 2:
        content[at:at] = chance.randbytes(chance.randrange(1, 20))
    elif kind == 3:
        del content[at : at + chance.randrange(1, 20)]
    elif kind == 4:
        content[at:at] = content[other : other + 40]
    else:
        content[at : at + len(absurd)] = absurd
    return bytes(content)


def mutations() -> Iterator[tuple[str, bytes]]:
    chance = random.Random(12)
    for name, seed in SEEDS.items():
        for _ in range(MUTATIONS):
            yield name, mutated(seed(), chance)


@pytest.mark.slow
def test_a_changed_file_loads_or_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    network = torch.nn.Sequential(OrderedDict(conv=torch.nn.Conv2d(1, 2, 3)))
    refused = 0
    for number, (name, content) in enumerate(mutations()):
        (tmp_path / name).write_bytes(content)
        try:
            load_into(network, tmp_path / name)
        except WeightsError as error:
            refused += 1
            assert name in str(error) and len(str(error).splitlines()) == 1
        except Exception as error:
            raise AssertionError(f"mutation {number} of {name}: {error!r}") from error
        assert not (tmp_path / Payload.target).exists(), f"mutation {number} of {name} ran code"
    assert refused > len(SEEDS) * MUTATIONS // 3
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MORE_MEMORY
