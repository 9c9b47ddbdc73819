"""Folders as archives unpack them, with empty files in place of videos."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

Layout = Callable[[Mapping[str, str], Sequence[str]], Path]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Writes text files and empty ones below a new folder."""

    def make(texts: Mapping[str, str], empty: Sequence[str] = ()) -> Path:
        root = tmp_path / "data"
        for name, text in {**texts, **dict.fromkeys(empty, "")}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        return root

    return make
