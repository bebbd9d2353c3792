"""`workshop data`: what it prints, and its exit status."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from helpers.datasets import files, names
from helpers.datasets.cli import app
from helpers.datasets.registry import registered_files
from helpers.errors import KitError
from helpers.paths import datasets_dir


@pytest.fixture
def data(monkeypatch, tmp_path):
    """Run `workshop data ...` with no mirror and an empty cache, offline."""
    monkeypatch.delenv("WORKSHOP_DATA_DIR", raising=False)
    monkeypatch.setenv("WORKSHOP_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "160")
    return lambda *arguments: CliRunner().invoke(app, arguments)


def test_list_shows_every_set_and_where_it_is(data):
    result = data("list")
    assert result.exit_code == 0
    rows = [line.split() for line in result.output.splitlines()]
    assert [row[0] for row in rows[1:]] == list(names())
    assert ["shuttle", "tabular", "bundled", "49,097", "3,511", "346", "kB"] in rows
    assert ["krm_http", "tabular", "download", "567,498", "2,211", "2.8", "MB"] in rows
    assert ["wine", "tabular", "bundled", "129", "10", "-"] in rows


def test_list_can_be_narrowed(data):
    result = data("list", "HDFS")
    assert len(result.output.splitlines()) == 1 + 5
    with pytest.raises(KitError, match="No data set has 'xyz' in its name"):
        raise data("list", "xyz").exception


def test_card_prints_the_flaws(data):
    result = data("card", "Page_Blocks0")
    assert result.exit_code == 0
    assert result.output.startswith("page-blocks0: Page blocks")
    assert "Rows with a twin that has the other label: 35." in result.output


def test_verify_counts_the_bundled_files(data):
    result = data("verify")
    assert result.exit_code == 0
    assert result.output == "Intact: 19 bundled. Damaged or missing: 0.\n"


def test_verify_tells_of_a_folder_that_is_not_there(data, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(tmp_path / "nowhere"))
    result = data("verify")
    assert result.exit_code == 0
    assert "WORKSHOP_DATA_DIR is not used: " in result.output
    assert "nowhere is no folder." in result.output


def kit_copy(folder):
    for file in registered_files().values():
        if file.bundled:
            content = (datasets_dir() / file.bundled).read_bytes()
            (folder / file.bundled).write_bytes(content)


def test_verify_names_every_bad_file(data, monkeypatch, tmp_path):
    kit, mirror = tmp_path / "kit", tmp_path / "mirror"
    kit.mkdir()
    kit_copy(kit)
    (kit / "heart.csv").write_bytes(b"torn")
    (kit / "yeast4.dat").unlink()
    (mirror / "krmonline").mkdir(parents=True)
    (mirror / "krmonline" / "http.mat").write_bytes(b"")
    monkeypatch.setattr(files, "datasets_dir", lambda: kit)
    monkeypatch.setenv("WORKSHOP_DATA_DIR", str(mirror))
    result = data("verify")
    assert result.exit_code == 1
    bad = [line for line in result.output.splitlines() if "workshop: " in line]
    assert len(bad) == 3
    for name, way_out in (
        ("heart.csv", "git checkout"),
        ("yeast4.dat is missing", "install the kit again"),
        ("http.mat", "copy it again"),
    ):
        assert any(name in line and way_out in line for line in bad)
    assert "Intact: 17 bundled. Damaged or missing: 3." in result.output


def test_fetch_says_what_is_here_and_what_is_not(data):
    result = data("fetch", "heart", "krm_http", "wine")
    assert result.exit_code == 1
    lines = result.output.splitlines()
    assert "heart: bundled" in lines
    assert "wine: bundled" in lines
    assert "workshop: not fetched: krm_http." in lines
    assert (
        sum("krm_http (2.8 MB) is not on this machine" in line for line in lines) == 1
    )


def test_fetch_of_bundled_sets_needs_no_network(data):
    assert data("fetch", "heart", "WDBC").exit_code == 0


@pytest.mark.parametrize("arguments", [[], ["heart", "--all"]])
def test_fetch_wants_names_or_all(data, arguments):
    with pytest.raises(KitError, match="Name the data sets to fetch, or say --all"):
        raise data("fetch", *arguments).exception


def test_fetch_all_tries_every_set(data):
    result = data("fetch", "--all")
    assert result.exit_code == 1
    assert result.output.count("bundled") == 26
    assert result.output.count("is not on this machine") == len(names()) - 26


def test_a_wrong_name_is_one_line_and_exit_1():
    """Through the real command: no traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "helpers.cli", "data", "card", "hart"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "Did you mean heart?" in done.stderr
