"""Names that are too long for their place, shortened so that no two become the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

GAP = "…"
MOST_CUTS = 60
"""Places that are tried for a cut."""


def shortened(names: Sequence[str], width: int) -> list[str]:
    """Names of at most `width` characters, or of half as many more where those do not tell them apart, and so on.

    ``basicsr:arch=RRDBNet,num_feat=64`` becomes ``basicsr:arch=RR…um_feat=64``. Where names differ only in what that
    leaves out, all of them are cut at another place. The same names give the same texts in any order.
    """
    distinct = sorted(set(names))
    longest = max(map(len, distinct), default=0)
    wide = max(3, width)
    while wide < longest:
        for head in _cuts(wide):
            texts = {name: _cut(name, wide, head) for name in distinct}
            if max(Counter(texts.values()).values()) == 1:
                return [texts[name] for name in names]
        wide += wide // 2
    return list(names)


def told_apart(names: Sequence[str]) -> list[str]:
    """Names with options, without the options that all of them have, and without the name if that is shared as well.

    ``h264:scale=4,severity=1`` and ``h264:scale=4,severity=2`` become ``severity=1`` and ``severity=2``. Names that
    would become equal or empty stay as they are.
    """
    heads = [name.partition(":")[0] for name in names]
    options = [name.partition(":")[2].split(",") for name in names]
    shared = set(options[0]).intersection(*options) if options else set()
    kept = [",".join(part for part in own if part not in shared) for own in options]
    if len(set(heads)) > 1:
        kept = [f"{head}:{own}" if own else head for head, own in zip(heads, kept, strict=True)]
    return kept if all(kept) and len(set(kept)) == len(set(names)) else list(names)


def _cuts(width: int) -> list[int]:
    """Numbers of characters to keep at the beginning, the most even first."""
    return sorted(range(0, width, 1 + width // MOST_CUTS), key=lambda head: abs(2 * head - width + 1))


def _cut(name: str, width: int, head: int) -> str:
    tail = width - 1 - head
    return name if len(name) <= width else name[:head] + GAP + name[len(name) - tail :]
