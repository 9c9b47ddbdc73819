"""Single-image networks of every architecture that spandrel recognises by its weights. Declarations only."""

from __future__ import annotations

from collections.abc import Iterator

from harness.hookspecs import hookimpl
from harness.specs import SRMethodSpec


@hookimpl
def harness_sr_methods() -> Iterator[SRMethodSpec]:
    yield SRMethodSpec(
        "spandrel",
        "any network that spandrel recognises by its weights: spandrel:checkpoint=my.pth",
        "harness_spandrel.network:build",
        options={"checkpoint": None},
        citation="https://github.com/chaiNNer-org/spandrel",
        needs_weights=True,
        requires=("spandrel",),
    )
