from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.stats import kendalltau, ttest_1samp

from harness.leaderboard.findings.claims import FAILS, HOLDS, MINUS, MISSING, OPEN, Contrast, Finding, Judgement, Leads
from harness.leaderboard.findings.evidence import Evidence, gather
from harness.leaderboard.findings.order import OrderDiffers, Quality, find_inversions
from harness.leaderboard.findings.page import render
from harness.leaderboard.table import build
from harness.leaderboard.text import DASH
from harness.statistics import sign_flip_p

Make = Callable[..., Any]
FAMILIES = {"p1": "perceptual", "p2": "perceptual", "x1": "pixel", "x2": "pixel", "x3": "pixel"}
ACCURACY = {  # clips that are right in the spatial and the temporal stream
    "hr": (130, 130), "bicubic": (70, 90), "p1": (110, 60), "p2": (100, 66), "x1": (80, 100), "x2": (84, 104),
    "x3": (76, 96),
}  # fmt: skip
PSNR = {"bicubic": 27.0, "p1": 26.0, "p2": 26.4, "x1": 29.0, "x2": 29.5, "x3": 28.6}

QUALITY = Quality("psnr_y", "PSNR", "dB")


@pytest.fixture
def run(new_run: Make) -> Any:
    made, rng = new_run(), np.random.default_rng(0)
    for name, counts in ACCURACY.items():
        for stream, right in zip(("spatial", "temporal"), counts, strict=True):
            clips = [int(i) for i in rng.permutation(144)[:right]]
            made.stream(name, stream, clips, family=FAMILIES.get(name, ""))
        made.probe(name, "psnr_y", psnr_y=None if name == "hr" else list(PSNR[name] + rng.normal(size=144)))
    made.stopped("p3", "tsn.spatial", "skipped", "no weights", recognizer="tsn", stream="spatial", family="perceptual")
    return made


def evidence_of(run: Any, **plan: Any) -> Evidence:
    found = gather(build(run.record(**plan)), "tsn")
    assert found is not None
    return found


def by_hand(hit: dict[str, Any], higher: list[str], lower: list[str], groups: list[str]) -> tuple[float, float, float]:
    """A family's mean difference and its t interval over groups of equal size, clip by clip."""
    gap = 100 * (np.mean([hit[m] for m in higher], axis=0) - np.mean([hit[m] for m in lower], axis=0))
    means = [gap[np.array(groups) == name].mean() for name in sorted(set(groups))]
    interval = ttest_1samp(means, 0).confidence_interval()
    return float(gap.mean()), float(interval.low), float(interval.high)


def test_families_are_compared_by_the_mean_of_their_measured_methods(run: Any) -> None:
    evidence = evidence_of(run)
    (part,) = Contrast("spatial", ("@perceptual",), ("@pixel",)).judge(evidence)
    expected = by_hand(dict(evidence.hit["spatial"]), ["p1", "p2"], ["x1", "x2", "x3"], run.groups)
    assert part.estimate == pytest.approx(expected[0]) == pytest.approx(100 * (105 - 80) / 144)
    assert (part.low, part.high) == pytest.approx(expected[1:], abs=0.8)  # a little wider: of the clips and two more
    assert part.verdict == HOLDS and part.scope == "144 clips, 24 groups"
    assert part.what == f"spatial: perceptual methods (p1, p2) {MINUS} pixel methods (x1, x2, x3)"
    (part,) = Contrast("temporal", ("@perceptual",), ("@pixel",)).judge(evidence)
    assert part.verdict == FAILS and part.high is not None and part.high < 0


def test_methods_whose_interval_contains_0_cannot_be_told_apart(run: Any) -> None:
    evidence = evidence_of(run)
    (part,) = Contrast("spatial", ("x2",), ("x1",)).judge(evidence)
    assert part.verdict == OPEN and part.low is not None and part.high is not None and part.low < 0 < part.high
    (part,) = Contrast("spatial", ("x1",), ("x1",)).judge(evidence)
    assert (part.verdict, part.estimate) == (OPEN, 0) and part.low is not None and part.low == -part.high < 0


def test_a_claim_on_a_missing_method_is_not_measured(run: Any) -> None:
    evidence = evidence_of(run)
    (part,) = Contrast("spatial", ("p3",), ("p1",)).judge(evidence)
    assert (part.verdict, part.estimate) == (MISSING, None) and "p3" in part.what
    assert Contrast("spatial", ("p3",), ("p1",), optional=True).judge(evidence) == []
    (part,) = Contrast("spatial", ("@perceptual",), ("@pixel", "@multi-frame")).judge(evidence)
    assert part.verdict == MISSING  # half a side would be another claim
    (part,) = Leads("fusion", "p1+p2").judge(evidence)
    assert part.verdict == MISSING


def test_runs_without_families_say_so(run: Any) -> None:
    record = run.record()
    (part,) = Contrast("spatial", ("@perceptual",), ("@pixel",)).judge(
        gather(build(replace(record, cells=record.cells.assign(family=None))), "tsn")  # type: ignore[arg-type]
    )
    assert part.verdict == MISSING


def test_a_pair_leads_the_best_lone_method_the_floor_and_other_pairs(run: Any) -> None:
    evidence = evidence_of(run, pairs=["p1+x2", "p2+x1", "bicubic+bicubic", "hr+p1"])
    lone, floor, pair = Leads("fusion", "p1+x2").judge(evidence)
    top1 = {name: 100 * float(np.mean(hit)) for name, hit in evidence.hit["fusion"].items()}
    best = max((m for m in ACCURACY if m != "hr"), key=lambda m: top1[m])
    assert f"{MINUS} {best} (best lone method)" in lone.what and "bicubic (floor)" in floor.what
    assert "p2+x1 (best other pair)" in pair.what  # not the one with the ceiling in it
    assert lone.estimate == pytest.approx(top1["p1+x2"] - top1[best])
    assert floor.estimate == pytest.approx(top1["p1+x2"] - top1["bicubic"])
    assert len(Leads("fusion", "p1+x2").judge(evidence_of(run, pairs=["p1+x2"]))) == 2


def test_tau_is_that_of_the_means_and_inversions_are_all_that_there_are(run: Any) -> None:
    evidence = evidence_of(run)
    spatial, temporal, _ = OrderDiffers(QUALITY).judge(evidence)
    names = list(PSNR)
    quality = [float(np.mean(evidence.measures["psnr_y"][name])) for name in names]
    for part, column in ((spatial, 0), (temporal, 1)):
        expected = kendalltau(quality, [ACCURACY[name][column] for name in names]).statistic
        assert part.estimate is not None and part.estimate == pytest.approx(expected)
        assert part.low is None  # how sure it is says the verdict on inversions
    expected_pairs = {
        (b, a)
        for a, qa in zip(names, quality, strict=True)
        for b, qb in zip(names, quality, strict=True)
        if qa > qb and ACCURACY[b][0] > ACCURACY[a][0]
    }
    found = find_inversions(evidence, QUALITY, ["spatial"])
    assert {(i.better, i.worse) for i in found} == expected_pairs
    assert spatial.sides.startswith(f"{len(expected_pairs)} of 15 pairs inverted") and spatial.unit == "tau"
    top = next(i for i in found if (i.better, i.worse) == ("p1", "x3"))
    raw = sign_flip_p(evidence.hit["spatial"]["p1"], evidence.hit["spatial"]["x3"], evidence.groups)
    assert raw <= top.p <= min(1.0, 15 * raw) and top.told_apart and top.less == pytest.approx(2.6, abs=0.4)
    assert spatial.verdict == HOLDS and "6 methods, 144 clips" in spatial.scope


def test_the_same_order_has_no_inversion_and_an_uncertain_one_decides_nothing(new_run: Make) -> None:
    def judged(psnr: dict[str, float]) -> Judgement:
        run = new_run()
        for i, (name, value) in enumerate(psnr.items()):
            run.stream(name, "spatial", 70 + 3 * i)
            run.probe(name, "psnr_y", psnr_y=value)
        (part,) = OrderDiffers(QUALITY).judge(evidence_of(run))
        return part

    same = judged({"bicubic": 26.0, "a": 27.0, "b": 28.0})
    assert (same.verdict, same.estimate) == (FAILS, 1.0)
    swapped = judged({"bicubic": 26.0, "a": 28.0, "b": 27.0})
    assert swapped.verdict == OPEN and swapped.estimate == pytest.approx(1 / 3)
    assert judged({"bicubic": 26.0, "a": 28.0}).verdict == MISSING


@pytest.mark.parametrize(
    ("verdicts", "every", "any_claim"),
    [
        ([HOLDS, HOLDS], HOLDS, HOLDS),
        ([HOLDS, OPEN], OPEN, HOLDS),
        ([OPEN, FAILS], FAILS, OPEN),
        ([HOLDS, FAILS], FAILS, HOLDS),
        ([FAILS, FAILS], FAILS, FAILS),
        ([HOLDS, MISSING], MISSING, HOLDS),
        ([MISSING, FAILS], MISSING, FAILS),
        ([], MISSING, MISSING),
    ],
)
def test_a_verdict_needs_all_claims_or_any(verdicts: list[str], every: str, any_claim: str) -> None:
    parts = [Judgement("x", verdict) for verdict in verdicts]
    assert Finding("f", ()).verdict(parts) == every
    assert Finding("f", (), any_claim=True).verdict(parts) == any_claim


def test_one_group_tells_nothing_apart(new_run: Make) -> None:
    run = new_run(clips=6)
    for name, right in (("bicubic", 1), ("a", 6), ("b", 3)):
        run.stream(name, "spatial", right)
        run.probe(name, "psnr_y", psnr_y=30.0 - right)
    evidence = evidence_of(run)
    (part,) = Contrast("spatial", ("a",), ("bicubic",)).judge(evidence)
    assert part.verdict == OPEN and part.estimate == pytest.approx(100 * 5 / 6)
    assert OrderDiffers(QUALITY).judge(evidence)[0].verdict == OPEN
    text = render(build(run.record()), [Finding("a leads", (Contrast("spatial", ("a",), ("bicubic",)),))], "a paper")
    assert f"+83.3 [{DASH}, {DASH}]" in text and "nan" not in text


def test_the_page_has_verdicts_numbers_families_and_a_word_on_many_comparisons(run: Any) -> None:
    board = build(run.record())
    findings = [
        Finding("perceptual leads", (Contrast("spatial", ("@perceptual",), ("@pixel",)),)),
        Finding("orders differ", (OrderDiffers(QUALITY),), any_claim=True),
        Finding("p3 leads", (Contrast("spatial", ("p3",), ("p1",)),)),
    ]
    text = render(board, findings, "a paper")
    assert text == render(board, findings, "a paper")
    assert "| 1 | perceptual leads | **holds** |" in text and "| 3 | p3 leads | **not measured** |" in text
    assert "+17.4 [" in text and "144 clips, 24 groups" in text
    assert "- perceptual: `p1`, `p2`, `p3` (not complete)" in text
    assert "spatial: p1 above x3 by 23.6 points" in text
    assert text.count("Differences looked at: 1 ") == 1
    assert "nan" not in text and "None" not in text
