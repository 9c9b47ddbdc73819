"""The clips of the page: which, what is shown of them, and what every recogniser said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.contracts import ClipFrames, Pictures
from harness.errors import HarnessError, UsageError
from harness.leaderboard.details.scored import Scored, every_stream, predictions
from harness.leaderboard.table import Leaderboard
from harness.specs import CEILING
from harness.syntax import parts_of
from harness.terminal import shown
from harness_page.plots import ranking_stream
from harness_page.sprites import Sprite, flow_colours, flow_peak, sprite, wheel

if TYPE_CHECKING:
    from harness import RunRecord

TOP = 5
WHEEL = "wheel.png"


@dataclass
class Shown:
    """Clips as the page has them: `content` for its script, `files` beside it, a sentence where some are missing."""

    content: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    note: str = ""

    @property
    def size(self) -> int:
        """Bytes of all pictures."""
        return sum(map(len, self.files.values()))


def clips_of(board: Leaderboard, run: RunRecord, pictures: Pictures) -> Shown:
    """Pictures of clips within the budget: those that most methods change the verdict on come first."""
    if pictures.restore is None or not pictures.clips:
        return Shown(note=pictures.why_not or "No clips were asked for.")
    try:
        scored = every_stream(board, run)
    except UsageError:
        scored = []
    found, failures = Shown(), []
    for clip in _chosen(board, run, scored)[: pictures.clips]:
        try:
            frames = pictures.restore(clip, pictures.methods)
        except HarnessError as error:
            failures.append(f"{shown(clip)}: {shown(str(error))}")
            continue
        if not _add(found, clip, frames, scored, pictures.size):
            found.note = f"The budget of {pictures.size / 1e6:g} MB is enough for {len(found.content)} clips."
            break
    left_out = [f"{shown(method)} is not shown: {shown(why)}." for method, why in pictures.left_out.items()]
    found.note = " ".join(filter(None, [found.note, *failures, *left_out]))
    if any("flow" in each for clip in found.content for each in clip["shown"].values()):
        found.files[WHEEL] = wheel()
    return found


def _chosen(board: Leaderboard, run: RunRecord, scored: Sequence[Scored]) -> list[str]:
    """Clips by how many methods change their verdict, classes in turn."""
    if not scored:
        return list(dict.fromkeys(run.clips["clip"].astype(str)))
    flips: Counter[str] = Counter()
    for one in scored:
        if one.stream == ranking_stream(board, one.recognizer):
            flips.update(_flips(one))
    clips = scored[0].clips
    labels = dict(zip(clips.clips, clips.labels.tolist(), strict=True))
    by_class: dict[int, list[str]] = {}
    for clip in sorted(labels, key=lambda clip: -flips[clip]):
        by_class.setdefault(labels[clip], []).append(clip)
    return [clip for turn in zip_longest(*by_class.values()) for clip in turn if clip is not None]


def _flips(scored: Scored) -> dict[str, int]:
    """How many methods, neither floor nor ceiling, are right where the floor is wrong, or wrong where it is right."""
    right = {name: predictions(own) == own.labels for name, own in scored.rows.items()}
    others = [hit for name, hit in right.items() if name != scored.floor and CEILING not in parts_of(name)]
    floor = right.get(scored.floor, np.zeros(len(scored.clips.clips), dtype=np.bool_))
    counts = np.stack([hit != floor for hit in [*others, floor]]).sum(axis=0)
    return dict(zip(scored.clips.clips, counts.tolist(), strict=True))


def _add(found: Shown, clip: str, frames: ClipFrames, scored: Sequence[Scored], most: int) -> bool:
    """Add a clip if its pictures fit into the budget."""
    number = len(found.content)
    peak = flow_peak(frames.flow.get(CEILING, next(iter(frames.flow.values())))) if frames.flow else 0.0
    files: dict[str, bytes] = {}
    drawn: dict[str, dict[str, Any]] = {}
    for place, (name, kind, own) in enumerate(_pictures(frames, peak)):
        file = f"clip{number:02d}-{place:03d}.webp"
        files[file] = own.content
        drawn.setdefault(name, {})[kind] = {"file": file, "columns": own.columns}
    if found.content and found.size + sum(map(len, files.values())) > most:
        return False
    found.files.update(files)
    number_of, height, width, _ = next(iter(frames.sr.values()), frames.lr).shape
    found.content.append(
        {
            "id": shown(clip),
            "first": frames.first,
            "frames": number_of,
            "size": [width, height],
            "lr": list(frames.lr.shape[2:0:-1]),
            "peak": round(peak, 2),
            "shown": drawn,
            "verdicts": [verdicts for one in scored if (verdicts := _verdicts(one, clip))],
        }
    )  # fmt: skip
    return True


def _pictures(frames: ClipFrames, peak: float) -> Iterator[tuple[str, str, Sprite]]:
    """Every picture of a clip: whose it is, and whether of frames or of flow."""
    yield "LR", "frames", sprite(frames.lr, lossless=True)
    for name, own in frames.sr.items():
        yield shown(name), "frames", sprite(own)
    for name, flow in frames.flow.items():
        yield shown(name), "flow", sprite(flow_colours(flow, peak))


def _verdicts(scored: Scored, clip: str) -> Mapping[str, Any]:
    """The five classes that every method's clip is most likely of, in one stream, with their shares after softmax."""
    if clip not in scored.clips.clips:
        return {}
    place = list(scored.clips.clips).index(clip)
    tops = {}
    for name, own in scored.rows.items():
        values = own.values[place]
        shares = np.exp(values - values.max())
        shares /= shares.sum()
        best = np.argsort(-shares, kind="stable")[:TOP]
        tops[shown(name)] = [[shown(scored.classes[k]), round(100 * float(shares[k]), 1)] for k in best.tolist()]
    label = shown(scored.classes[int(scored.clips.labels[place])])
    return {"rec": shown(scored.recognizer), "stream": scored.stream, "label": label, "top": tops}
