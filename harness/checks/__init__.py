"""The contracts of `harness.contracts` as checks that plugin authors can run.

`check_declaration` checks a declaration, the other functions check a live object on synthetic clips; each returns a
list of `Check`. `check_declared` builds what a declaration names and does both, as ``harness plugins check`` shows. A
plugin tests itself with `require(check_sr_method(MyMethod(...), scale=4))`.
"""

from harness.checks.base import Check, require
from harness.checks.clips import drifting_texture, synthetic_clip
from harness.checks.dataset import check_dataset
from harness.checks.declaration import check_declaration
from harness.checks.degradation import check_degradation
from harness.checks.flow import check_flow
from harness.checks.live import check_declared
from harness.checks.probe import check_probe
from harness.checks.recognizer import check_recognizer
from harness.checks.report import check_report
from harness.checks.sr_method import check_sr_method

__all__ = [
    "Check",
    "check_dataset",
    "check_declaration",
    "check_declared",
    "check_degradation",
    "check_flow",
    "check_probe",
    "check_recognizer",
    "check_report",
    "check_sr_method",
    "drifting_texture",
    "require",
    "synthetic_clip",
]
