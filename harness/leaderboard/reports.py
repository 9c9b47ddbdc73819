"""Reports: formats of the leaderboard and pages on it. All of them come from plugins, the project's own too."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.contracts import Pictures
from harness.errors import ContractError, HarnessError, PluginError, UnknownNameError, UsageError, one_line
from harness.imports import resolve_import
from harness.leaderboard.table import Leaderboard
from harness.registry import Registry
from harness.specs import METHODS_NEEDED, PAGE, PAIRS, TABLE, ReportSpec

if TYPE_CHECKING:
    from harness.running.reading import RunRecord

EXPECTED = "a report returns file names with their contents, such as {'table.org': b'...'}"


def find_report(registry: Registry, name: str | None, out: Path | None, *, view: str = TABLE) -> ReportSpec | None:
    """The report asked for by name or by a file's ending; None where neither is given.

    `view` (one of `harness.specs.VIEWS`) chooses among the reports on it; a full name finds one of any view that needs
    no methods. Raises `UsageError` for a name or an ending that none has.
    """
    if name is None:
        return None if out is None else _by_ending(registry, out, view)
    if view == TABLE:
        return _without_methods(registry.get(ReportSpec, name))
    forms = {spec.name.removeprefix(f"{view}-"): spec for spec in _reports(registry, view)}
    form = name.removeprefix(f"{view}-")
    if form not in forms:
        raise UnknownNameError(f"form of {option_of(view)}", name, forms)
    return forms[form]


def option_of(view: str) -> str:
    """How the command line asks for a view."""
    return {PAIRS: "--pairs all", PAGE: "harness report"}.get(view, f"--{view}")


def load_report(spec: ReportSpec) -> Callable[..., object]:
    """The function behind a report. Raises `PluginError` if it cannot be imported."""
    render: Callable[..., object] = resolve_import(spec.factory)
    return render


def page_report(registry: Registry, name: str | None) -> ReportSpec:
    """The report that ``harness report`` writes: the one of that name, or the first.

    Raises `UnknownNameError`, `UsageError` where no plugin brings any.
    """
    found = {spec.name: spec for spec in _reports(registry, PAGE)}
    if not found:
        raise UsageError("no plugin brings a page; see harness plugins list")
    if name is not None and name not in found:
        raise UnknownNameError("page", name, found)
    return found[name or next(iter(found))]


def render_report(spec: ReportSpec, board: Leaderboard, run: RunRecord, *more: str | Pictures) -> dict[str, bytes]:
    """The files of a report by name; `more` is what its view needs: names of methods, or of a page its pictures.

    Raises `ContractError` if it returns something else, `PluginError` if it raises; an error that is meant for
    the user (`HarnessError`) is passed on unchanged.
    """
    render = load_report(spec)
    try:
        found = render(board, run, *more)
    except HarnessError:
        raise
    except (Exception, SystemExit) as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.filename}, line {last.lineno}"
        raise PluginError(f"report {spec.name!r} raised {one_line(error)} ({where})") from error
    return checked_files(found, spec.name)


def checked_files(found: object, name: str) -> dict[str, bytes]:
    """What a report returned. Raises `ContractError` unless it is files: plain names, and bytes as contents."""
    if not isinstance(found, Mapping):
        raise ContractError(f"report {name!r} returned {type(found).__name__}; {EXPECTED}")
    if not found:
        raise ContractError(f"report {name!r} returned no file; {EXPECTED}")
    for file, content in found.items():
        if not isinstance(file, str) or Path(file).name != file or file in ("", ".."):
            raise ContractError(f"report {name!r} returned {file!r} as a file's name; give one without a folder")
        if not isinstance(content, bytes):
            raise ContractError(f"report {name!r} returned {type(content).__name__} for {file}; {EXPECTED}")
    return dict(found)


def _without_methods(spec: ReportSpec) -> ReportSpec:
    if spec.view == PAGE:
        raise UsageError(f"--format {spec.name} is a folder; write it with: harness report RUN_DIR --out DIR")
    if spec.view in METHODS_NEEDED:
        methods = " ".join("AB"[: METHODS_NEEDED[spec.view]])
        raise UsageError(f"--format {spec.name} is on chosen methods; name them: {option_of(spec.view)} {methods}")
    return spec


def _by_ending(registry: Registry, out: Path, view: str) -> ReportSpec:
    by_suffix = {spec.suffix: spec for spec in _reports(registry, view) if spec.suffix}
    fitting = [suffix for suffix in by_suffix if out.name.endswith(suffix)]
    if not fitting:
        endings = ", ".join(sorted(by_suffix))
        raise UsageError(f"--out {out}: its ending names no format ({endings}); give --format as well")
    return by_suffix[max(fitting, key=len)]


def _reports(registry: Registry, view: str) -> list[ReportSpec]:
    return [spec for spec in registry.all(ReportSpec).values() if spec.view == view]
