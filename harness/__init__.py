"""Compare super-resolution methods by what they do for video action recognition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.running.reading import RunRecord, load_run

__version__ = "0.1.0"
__all__ = ["RunRecord", "__version__", "load_run"]


def __getattr__(name: str) -> Any:
    # reading a run needs pandas; `import harness` alone, as the command line does, must not
    if name in ("RunRecord", "load_run"):
        from harness.running import reading

        return getattr(reading, name)
    raise AttributeError(f"module 'harness' has no attribute {name!r}")
