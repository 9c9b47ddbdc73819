from __future__ import annotations

from pathlib import Path

from harness.training.card import write_card


def test_card_lies_beside_the_checkpoint_and_keeps_its_table(tmp_path: Path) -> None:
    fields = {"seed": 0, "data": "a|b", "losses": {"l1": 0.5, "gan": 2}, "stages": ["x", "y"], "gpu": None}
    card = write_card(tmp_path / "net-mini-x4.safetensors", title="net", fields=fields, notes="\nNarrow.\n")
    assert card == tmp_path / "net-mini-x4.md"
    assert card.read_text() == (
        "# net\n\n| | |\n|---|---|\n| seed | 0 |\n| data | a\\|b |\n| losses | l1 0.5, gan 2 |\n| stages | x, y |\n"
        "\nNarrow.\n"
    )
