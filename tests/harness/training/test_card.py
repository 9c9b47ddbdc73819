from __future__ import annotations

from pathlib import Path

from harness.training.card import read_card, write_card


def test_card_lies_beside_the_checkpoint_and_keeps_its_table(tmp_path: Path) -> None:
    fields = {"seed": 0, "data": "a|b", "losses": {"l1": 0.5, "gan": 2}, "stages": ["x", "y"], "gpu": None}
    card = write_card(tmp_path / "net-mini-2-x4.safetensors", title="net", fields=fields, notes="\nNarrow.\n")
    assert card == tmp_path / "net-mini-2-x4.md"
    assert card.read_text() == (
        "# net\n\n| | |\n|---|---|\n| seed | 0 |\n| data | a\\|b |\n| losses | l1 0.5, gan 2 |\n| stages | x, y |\n"
        "\nNarrow.\n"
    )


def test_a_card_is_read_as_it_was_written(tmp_path: Path) -> None:
    checkpoint = tmp_path / "net.safetensors"
    write_card(checkpoint, title="net", fields={"seed": 0, "data": "a|b", "command": "x\ny"}, notes="| no | row")
    assert read_card(checkpoint) == {"seed": "0", "data": "a|b", "command": "x\ny"}
    assert read_card(tmp_path / "other.safetensors") == {}
