from __future__ import annotations

import json as stdlib_json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from harness.errors import RunFolderError, UnknownNameError, UsageError
from harness.leaderboard import console, json, markdown
from harness.leaderboard.table import Leaderboard, build
from harness.leaderboard.text import DASH
from harness.statistics import (
    Panel,
    accuracy_interval,
    mcnemar_p,
    mean_class_interval,
    recovery,
    sign_flip_p,
)

Make = Callable[..., Any]


def row(board: Leaderboard, sr: str, recognizer: str | None = "tsn") -> dict[str, Any]:
    (found,) = [r for r in board.records if (r["sr"], r["recognizer"]) == (sr, recognizer)]
    return found


def simple(new_run: Make) -> Any:
    """Of 144 clips the ceiling has 120 and 108 right, the floor 72 and 90, mine 96 and 99."""
    run = new_run()
    for method, spatial, temporal in (("bicubic", 72, 90), ("mine", 96, 99), ("hr", 120, 108)):
        run.stream(method, "spatial", spatial)
        run.stream(method, "temporal", temporal)
    return run


def test_accuracies_are_those_that_were_put_in(new_run: Make) -> None:
    board = build(simple(new_run).record())
    found = row(board, "mine")
    assert found["spatial_top1"] == pytest.approx(100 * 96 / 144, abs=1e-6)
    assert found["temporal_top1"] == pytest.approx(100 * 99 / 144, abs=1e-6)
    # clips 0..95 are right in both streams; 96..98 only in the heavier one
    assert found["fusion_top1"] == pytest.approx(100 * 99 / 144, abs=1e-6)
    assert found["fusion_delta"] == pytest.approx(100 * 9 / 144, abs=1e-6)
    assert found["spatial_recovered"] == pytest.approx((96 - 72) / (120 - 72))
    # three groups of clips between floor and ceiling are no gap that can be told apart from none
    assert found["recovered"] is found["fusion_recovered"] is found["fusion_recovered_low"] is None
    assert any(note.startswith("tsn: hr is not told apart from bicubic") for note in board.notes)
    assert found["clips"] == 144
    assert found["status"] == "ok" and found["reason"] is None


def test_mean_class_and_top5_come_from_the_scores(new_run: Make) -> None:
    run = new_run()
    run.stream("bicubic", "spatial", [i for i in range(144) if i % 12 < 3])  # three classes all right, nine all wrong
    found = row(build(run.record()), "bicubic")
    assert found["spatial_top1"] == found["spatial_top1_mean_class"] == 25.0
    values = np.zeros((144, 12))
    values[np.arange(144), (np.arange(144) + 1) % 12] = 2
    values[np.arange(0, 144, 4), np.arange(0, 144, 4) % 12] = 1  # second place for every fourth clip
    run = new_run()
    run.scores("bicubic", "spatial", values)
    found = row(build(run.record()), "bicubic")
    ranking = np.argsort(-values, axis=1, kind="stable")[:, :5]
    expected = [i % 12 in ranking[i] for i in range(144)]
    assert found["spatial_top1"] == 0.0
    assert found["spatial_top1_top5"] == pytest.approx(100 * np.mean(expected), abs=1e-6)


def test_intervals_and_tests_are_those_of_the_statistics(new_run: Make) -> None:
    run = simple(new_run)
    found = row(build(run.record()), "mine")
    mine, floor = np.arange(144) < 96, np.arange(144) < 72
    hit = np.stack([mine, floor, np.arange(144) < 120], axis=1)
    gain, share = Panel(hit, run.groups).difference([0], [1]), recovery(Panel(hit, run.groups), 0, 1, 2)
    assert share is not None
    expected = {
        "top1": [float(end[0]) for end in accuracy_interval(mine[:, None], run.groups)],
        "top1_mean_class": [float(end[0]) for end in mean_class_interval(mine[:, None], run.labels, run.groups)],
        "delta": [gain.low, gain.high],
        "recovered": [share.low, share.high],
    }
    for key, ends in expected.items():
        assert [found[f"spatial_{key}_{end}"] for end in ("low", "high")] == pytest.approx(ends, abs=1e-6)
    assert found["spatial_p"] == pytest.approx(sign_flip_p(mine, floor, run.groups), rel=1e-5)
    assert found["spatial_mcnemar_p"] == pytest.approx(mcnemar_p(mine, floor), rel=1e-5)
    assert row(build(run.record()), "bicubic")["spatial_p"] is None


def test_a_pair_takes_each_stream_from_its_own_method(new_run: Make) -> None:
    board = build(simple(new_run).record(pairs=["mine+bicubic"]), pairs=["bicubic+mine", "mine+mine"])
    pair = row(board, "mine+bicubic")
    assert pair["spatial_top1"] == row(board, "mine")["spatial_top1"]
    assert pair["temporal_top1"] == row(board, "bicubic")["temporal_top1"]
    assert pair["fusion_top1"] == pytest.approx(100 * 90 / 144, abs=1e-6)  # the heavier stream decides
    assert all(pair[key] is None for key in ("psnr_y", "ssim_y", "flow_epe", "warp_error", "fps", "params"))
    assert [r["sr"] for r in board.records].count("mine") == 1
    assert len(board.records) == 5


def test_a_pair_of_unknown_methods_is_refused(new_run: Make) -> None:
    record = simple(new_run).record()
    with pytest.raises(UnknownNameError, match=r"'mime'. Did you mean 'mine'\?"):
        build(record, pairs=["hr+mime"])
    with pytest.raises(UsageError, match="SPATIAL"):
        build(record, pairs=["hr+mine+bicubic"])


def test_fusion_weights_can_be_changed_afterwards(new_run: Make) -> None:
    record = simple(new_run).record(pairs=["mine+bicubic"])
    spatial_only = build(record, fusion=(1.0, 0.0))
    assert row(spatial_only, "mine")["fusion_top1"] == row(spatial_only, "mine")["spatial_top1"]
    assert spatial_only.protocol["fusion"] == "spatial : temporal = 1 : 0 on raw scores"
    assert build(record).protocol["fusion"] == "spatial : temporal = 1 : 1.5 on raw scores"


def test_order_is_ceiling_then_accuracy_then_what_did_not_finish(full_run: Any) -> None:
    full_run.stopped("unfinished", "tsn.spatial", None, recognizer="tsn", stream="spatial")
    board = build(full_run.record(pairs=["rcan+vdsr"]))
    finished = [r for r in board.records if r["status"] == "ok"]
    assert board.records[0]["sr"] == "hr"
    assert [r["fusion_top1"] for r in finished[1:]] == sorted([r["fusion_top1"] for r in finished[1:]], reverse=True)
    rest = board.records[len(finished) :]
    assert [(r["sr"], r["status"]) for r in rest] == [
        ("broken", "failed"),
        ("esrgan", "skipped"),
        ("unfinished", "running"),
    ]


@pytest.mark.parametrize(("status", "state"), [("skipped", ""), ("failed", "failed"), (None, "running")])
def test_a_skipped_measure_costs_no_row_its_place(full_run: Any, status: str | None, state: str) -> None:
    before = [one.sr for one in build(full_run.record()).rows]
    for name in before:
        full_run.stopped(name, "lpips", status, "no weights (harness weights pull lpips)")
    board = build(full_run.record())
    assert (board.rows[2].sr == before[2]) and board.rows[2].shown_state("fusion") == state
    assert [one.sr for one in board.rows] == before and not board.rows[2].ok
    text, plain = markdown.render(board), console.plain(board)
    assert (f"`{before[2]}` |" in text) is (not state)
    assert ("no weights (harness weights pull lpips)" if status else "not finished") in text
    assert (f"{before[2]} ({state})" in plain) is bool(state)


def test_rows_that_did_not_finish_say_why_and_have_no_numbers(full_run: Any) -> None:
    board = build(full_run.record())
    broken, skipped = row(board, "broken"), row(board, "esrgan")
    assert skipped["reason"] == "no weights 'mini-2' (harness weights pull esrgan)"
    assert broken["reason"].startswith("clip clip007: ContractError: upscale returned <NaN> (log: cells/broken-psnr_y")
    numbers = [k for k in broken if k not in ("sr", "recognizer", "status", "reason")]
    assert all(broken[k] is None and skipped[k] is None for k in numbers)


def test_one_failed_cell_fails_the_row_but_keeps_the_other_numbers(new_run: Make) -> None:
    run = simple(new_run)
    run.stopped("mine", "psnr_y", "failed", "it broke", error_log="error.txt")
    run.stopped("mine", "ssim_y", "skipped", "not here")
    found = row(build(run.record(pairs=["mine+bicubic"])), "mine")
    assert found["status"] == "failed"
    assert found["reason"] == "psnr_y: it broke (log: cells/mine-psnr_y-0123/error.txt)"
    assert found["fusion_top1"] is not None and found["psnr_y"] is None
    # a pair rests on two recogniser cells only
    assert row(build(run.record(pairs=["mine+bicubic"])), "mine+bicubic")["status"] == "ok"


def test_rows_of_incomplete_cells_do_not_count(new_run: Make) -> None:
    run = simple(new_run)
    run.stream("half", "spatial", 144, status="failed", reason="clip clip100")
    run.probe("half", "psnr_y", psnr_y=99.0)
    run.cells[-1]["status"] = "running"
    found = row(build(run.record()), "half")
    assert found["spatial_top1"] is None and found["psnr_y"] is None and found["status"] == "failed"


def test_means_leave_out_what_is_undefined(new_run: Make) -> None:
    run = simple(new_run)
    run.probe("mine", "psnr_y", psnr_y=[None, *[30.0] * 71, *[32.0] * 72])
    run.probe("hr", "psnr_y", psnr_y=None)
    board = build(run.record())
    assert row(board, "mine")["psnr_y"] == pytest.approx((71 * 30 + 72 * 32) / 143, abs=1e-6)
    assert row(board, "hr")["psnr_y"] is None
    assert row(board, "bicubic")["psnr_y"] is None


def test_speed_is_all_frames_over_all_seconds(new_run: Make) -> None:
    run = simple(new_run)
    run.probe("mine", "speed", restored_frames=[8] * 72 + [24] * 72, restore_seconds=[0.5] * 72 + [0.1] * 72)
    run.probe("hr", "speed", restored_frames=8, restore_seconds=0.0)
    board = build(run.record())
    assert row(board, "mine")["fps"] == pytest.approx(72 * 32 / (72 * 0.6), abs=1e-5)
    assert row(board, "hr")["fps"] is None
    assert "restore_seconds" not in board.records[0]


def test_nothing_but_speed_depends_on_timing_or_on_the_order_of_rows(full_run: Any) -> None:
    record = full_run.record(pairs=["rcan+vdsr"])
    slow = record.clips.copy()
    slow["seconds"] *= 7
    slow["restore_seconds"] *= 3
    cells = record.cells.assign(seconds=12.0, device="cuda")
    again = build(replace(record, clips=slow.sample(frac=1, random_state=0), cells=cells))
    first = build(record)
    for a, b in zip(first.records, again.records, strict=True):
        assert {**a, "fps": None} == {**b, "fps": None}
        assert a["fps"] is None or a["fps"] == pytest.approx(3 * b["fps"], rel=1e-4)
    assert (first.protocol, first.notes) == (again.protocol, again.notes)
    assert json.render(build(record)) == json.render(first)


def test_further_numbers_are_in_the_records_and_declared_ones_are_shown(full_run: Any) -> None:
    record = full_run.record()
    record.info["columns"] = [
        {"key": "flow_bad1", "title": "flow > 1 px (%)", "higher_is_better": False, "digits": 1},
        {"key": "psnr_y", "title": "PSNR", "higher_is_better": True, "digits": 2},
        {"key": "never_measured", "title": "?", "higher_is_better": True, "digits": 2},
    ]
    board = build(record)
    assert row(board, "rcan")["flow_bad1"] == 3.25
    assert row(board, "rcan")["psnr_y_infinite"] == 0.0
    assert [c.key for c in board.further_columns] == ["flow_bad1"]


def test_each_recogniser_has_its_own_rows_and_floor(new_run: Make) -> None:
    run = simple(new_run)
    for method, right in (("bicubic", 30), ("mine", 60), ("hr", 90)):
        run.stream(method, "spatial", right, recognizer="r3d:size=18")
        run.probe(method, "psnr_y", psnr_y=30.0)
    board = build(run.record())
    assert board.recognizers == ["tsn", "r3d:size=18"]
    found = row(board, "mine", "r3d:size=18")
    assert found["fusion_top1"] is None and found["temporal_top1"] is None
    assert found["spatial_delta"] == pytest.approx(100 * 30 / 144, abs=1e-6)
    assert found["recovered"] == pytest.approx(0.5)
    assert found["psnr_y"] == 30.0
    assert [r.sr for r in board.of("r3d:size=18")] == ["hr", "mine", "bicubic"]
    assert row(board, "mine")["fusion_top1"] is not None


def test_a_run_without_a_recogniser_still_has_its_quality(new_run: Make) -> None:
    run = new_run()
    run.probe("bicubic", "psnr_y", psnr_y=28.0)
    found = row(build(run.record()), "bicubic", None)
    assert found["psnr_y"] == 28.0 and found["fusion_top1"] is None and found["clips"] == 144


def test_a_run_that_has_not_begun_is_an_empty_table(new_run: Make) -> None:
    run = new_run()
    run.stopped("bicubic", "tsn.spatial", None, recognizer="tsn", stream="spatial")
    run.cells.append({**dict.fromkeys(run.cells[0]), "cell": "never-begun"})
    board = build(run.record())
    assert [(r["sr"], r["status"], r["reason"]) for r in board.records] == [("bicubic", "running", "not finished")]


def test_best_and_ties_share_a_rank_and_leave_the_ceiling_out(new_run: Make) -> None:
    run = new_run()
    for method, spatial in (("bicubic", 48), ("mine", 96), ("twin", [*range(95), 100]), ("hr", 120), ("other", 47)):
        run.stream(method, "spatial", spatial)
        run.stream(method, "temporal", 90)
    board = build(run.record(pairs=["hr+mine"]))
    found = {sr: row(board, sr) for sr in ("mine", "twin", "bicubic", "other", "hr", "hr+mine")}
    assert [record["spatial_best"] for record in found.values()] == [True, True, False, False, None, None]
    assert [record["spatial_rank"] for record in found.values()] == [1, 1, 3, 3, None, None]
    assert found["mine"]["spatial_best_p"] == 1.0 and found["bicubic"]["spatial_best_p"] < 0.05
    assert {record["temporal_rank"] for record in list(found.values())[:4]} == {1}


def test_interval_p_value_and_mark_of_every_row_agree(full_run: Any) -> None:
    for record in build(full_run.record(pairs=["rcan+vdsr", "srresnet+rcan"])).records:
        for stream in ("spatial", "temporal", "fusion"):
            p, low, high = (record[f"{stream}_{key}"] for key in ("p", "delta_low", "delta_high"))
            assert p is None or (p < 0.05) == (not low <= 0 <= high)
            best, best_p = record[f"{stream}_best"], record[f"{stream}_best_p"]
            assert best is None or best == (best_p >= 0.05) == (record[f"{stream}_rank"] == 1)


def test_a_method_that_is_told_apart_from_a_leading_floor_by_its_mark_is_so_by_its_gain() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        hit = rng.random((144, 6)) < np.linspace(0.55, 0.8, 6)
        panel = Panel(hit, [str(i // 6) for i in range(144)])
        adjusted = panel.familywise_p(range(6))
        for i in range(5):
            assert adjusted[i, 5] >= panel.difference([i], [5]).p


def test_top5_needs_five_classes(new_run: Make) -> None:
    run = new_run()
    run.labels = run.labels % 4
    run.scores("bicubic", "spatial", np.eye(4, dtype=np.float32)[run.labels])
    board = build(run.record())
    assert all(row(board, "bicubic")[f"spatial_top1_top5{end}"] is None for end in ("", "_low", "_high"))
    assert row(board, "bicubic")["spatial_top1"] == 100.0
    text = markdown.render(board)
    (details,) = [line for line in text.splitlines() if line.startswith("| `bicubic` | 100.0 [")]
    assert details.split(" | ")[2] == DASH


def test_clips_that_do_not_match_are_refused(new_run: Make) -> None:
    run = simple(new_run)
    run.rows.remove(next(r for r in run.rows if r["method"] == "mine" and r["clip"] == "clip005"))
    with pytest.raises(RunFolderError, match=r"mine / tsn.temporal has clips that mine / tsn.spatial lacks: 'clip005'"):
        build(run.record())


def test_clips_without_scores_are_refused(new_run: Make) -> None:
    run = simple(new_run)
    run.rows[3]["scores"] = None
    with pytest.raises(RunFolderError, match="without scores"):
        build(run.record())


def test_header_says_which_clips_were_scored(new_run: Make) -> None:
    run = simple(new_run)
    assert build(run.record()).protocol["clips"] == "all 144 of the split, in 24 groups"
    board = build(run.record(dataset_clips=500, limit=144))
    assert board.protocol["clips"] == "144 of the 500 of the split, a class-balanced subset, in 24 groups"
    assert board.protocol["decoder"] == "PyAV"


def test_notes_say_what_can_be_told_apart_and_warn_of_few_groups(new_run: Make) -> None:
    run = simple(new_run)
    notes = build(run.record()).notes
    assert notes[0] == "narrow nets"
    assert any("points can be told apart" in note for note in notes)
    assert not any("groups of clips" in note for note in notes)


@pytest.mark.parametrize(
    ("clips", "expected"),
    [(6, "Only 1 group of clips: no intervals"), (24, "Only 4 groups of clips: with fewer than 6 no difference"),
     (72, "Only 12 groups of clips: intervals are wide")],
)  # fmt: skip
def test_notes_say_what_few_groups_cost(new_run: Make, clips: int, expected: str) -> None:
    run = new_run(clips=clips)
    run.stream("bicubic", "spatial", clips // 2)
    assert any(note.startswith(expected) for note in build(run.record()).notes)


def test_notes_say_that_clips_without_groups_are_taken_for_independent(new_run: Make) -> None:
    assert not any("group of its own" in note for note in build(simple(new_run).record()).notes)
    alone = new_run()
    alone.groups = list(alone.ids)
    alone.stream("bicubic", "spatial", 90)
    [note] = [note for note in build(alone.record()).notes if note.startswith("Every clip is a group of its own")]
    assert "option `groups`" in note
    one_of_each = new_run()
    one_of_each.groups = [f"group of {clip}" for clip in one_of_each.ids]
    one_of_each.stream("bicubic", "spatial", 90)
    assert not any("group of its own" in note for note in build(one_of_each.record()).notes)


def test_notes_say_where_the_ceiling_may_as_well_guess_and_where_nothing_is_left_to_lose(new_run: Make) -> None:
    run = new_run()
    for method, spatial in (("bicubic", 12), ("hr", [i for i in range(144) if i % 11 == 0])):
        run.stream(method, "spatial", spatial)
        run.stream(method, "temporal", 144)
    notes = build(run.record()).notes
    chance = "tsn, spatial: hr is at 9.7 %, which is not told apart from chance (8.3 % of 12 classes)"
    assert any(note.startswith(chance) for note in notes)
    assert any(note.startswith("tsn, temporal: every row is at 100 %") for note in notes)
    assert not any("chance" in note or "100 %." in note for note in build(simple(new_run).record()).notes)


def test_one_group_gives_accuracies_without_intervals(new_run: Make) -> None:
    run = new_run(clips=6)
    run.stream("bicubic", "spatial", 3)
    run.stream("hr", "spatial", 6)
    found = row(build(run.record()), "hr")
    assert found["spatial_top1"] == 100.0 and found["spatial_top1_low"] is None and found["spatial_delta_high"] is None
    stdlib_json.loads(json.render(build(run.record())))
