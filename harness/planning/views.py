"""Methods that look at two views of a clip: skipped where clips have one, and never given a copy unasked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.contracts import Clip
from harness.datasets.digests import split_digest
from harness.errors import UsageError
from harness.planning.cells import Part
from harness.specs import COPY, SECOND_VIEW, SRMethodSpec

NO_SECOND_VIEW = "needs a second view"


def needs_second_view(part: Part[SRMethodSpec]) -> bool:
    """Whether a method looks at a clip's second view."""
    return part.spec.views > 1 and part.options.get(SECOND_VIEW) != COPY


def refuse_one_view(part: Part[SRMethodSpec], given: str) -> None:
    """Raise `UsageError` for a method that needs two views where one is `given`, in words."""
    if needs_second_view(part):
        control = f"; {part.spec.name}:{SECOND_VIEW}={COPY} shows it that one twice, as a control"
        raise UsageError(f"{part.label} {NO_SECOND_VIEW}, and {given}{control if SECOND_VIEW in part.options else ''}")


def with_second_views(parts: Sequence[Part[SRMethodSpec]], clips: Sequence[Clip]) -> list[Part[SRMethodSpec]]:
    """The methods, those of two views with the second views' digest, or with what is missing. Raises `OSError`."""
    if not any(map(needs_second_view, parts)):
        return list(parts)
    seconds = [clip.second_view for clip in clips if clip.second_view is not None]
    lacking = len(clips) - len(seconds)
    some = f", which {lacking} of {len(clips)} clips lack" if seconds else ", which these clips lack"
    digest = None if lacking else split_digest(seconds)
    return [
        replace(part, missing=part.missing or (NO_SECOND_VIEW + some if lacking else None), second_view=digest)
        if needs_second_view(part)
        else part
        for part in parts
    ]
