"""A page to look at: a folder of files that opens in a browser from disk, with nothing from the network."""

from __future__ import annotations

from collections.abc import Iterable

from harness.hookspecs import hookimpl
from harness.specs import ReportSpec


@hookimpl
def harness_reports() -> Iterable[ReportSpec]:
    yield ReportSpec("site", "a page for the browser: table, plots, clips", "harness_page.page:render", view="page")
