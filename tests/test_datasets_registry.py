"""The registry: its rules, and the files of the kit against it."""

import csv
import os
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.datasets.cards import cards
from helpers.datasets.registry import (
    RegisteredFile,
    parse_registry,
    readable_size,
    registered_files,
)
from helpers.errors import KitError
from helpers.paths import datasets_dir

ENTRY = {
    "name": "some_set",
    "mirror": "folder/some.csv",
    "bytes": 5,
    "sha256": "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824",
    "licence": "CC BY 4.0",
    "source": "a test",
}
PINNED_BY_SCIKIT_LEARN = {"covtype_full": "_covtype", "kddcup99_full": "_kddcup99"}
NOT_DATA = {
    "README.md", "LICENSES.md", "STREAMS.md", "registry.toml", ".gitattributes",
}  # fmt: skip


def as_toml(*entries):
    lines = []
    for entry in entries:
        lines.append("[[file]]")
        lines += [
            f"{key} = {value}" if isinstance(value, int) else f"{key} = {value!r}"
            for key, value in entry.items()
        ]
    return "\n".join(lines)


def test_every_bundled_file_is_the_registered_one():
    bundled = [file for file in registered_files().values() if file.bundled]
    assert len(bundled) == 19
    for file in bundled:
        assert file.matches((datasets_dir() / file.bundled).read_bytes()), file.name


def test_no_file_ships_without_an_entry():
    registered = {file.bundled for file in registered_files().values()}
    shipped = {path.name for path in datasets_dir().iterdir() if path.is_file()}
    assert shipped - NOT_DATA == registered - {None}


def test_files_that_do_not_ship_have_a_pinned_address():
    for file in registered_files().values():
        if file.bundled or file.source.startswith("derived:"):
            continue
        if file.name in PINNED_BY_SCIKIT_LEARN:
            continue
        owner, _, rest = file.url.removeprefix(
            "https://raw.githubusercontent.com/"
        ).partition("/")
        commit = rest.split("/")[1]
        assert owner
        assert len(commit) == 40, file.url
        assert set(commit) <= set("0123456789abcdef"), file.url


@pytest.mark.parametrize("name", PINNED_BY_SCIKIT_LEARN)
def test_the_full_sets_have_the_address_and_hash_of_scikit_learn(name):
    module = import_module(f"sklearn.datasets.{PINNED_BY_SCIKIT_LEARN[name]}")
    file = registered_files()[name]
    assert (file.url, file.sha256) == (module.ARCHIVE.url, module.ARCHIVE.checksum)


def test_every_file_is_used_or_derived():
    used = {name for card in cards().values() for name in card.files}
    unused = registered_files().keys() - used
    assert used <= registered_files().keys()
    assert all(
        registered_files()[name].source.startswith("derived:") for name in unused
    )


def test_the_class_registry_is_covered():
    listing = Path(os.environ.get("WORKSHOP_DATA_DIR", "")) / "registry.csv"
    if not listing.is_file():
        pytest.skip("no registry.csv in WORKSHOP_DATA_DIR")
    with listing.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            file = registered_files()[row["name"]]
            assert file.mirror == row["file"]
            assert (file.bytes, file.sha256) == (int(row["bytes"]), row["sha256"])
            assert (file.url or "") == row["raw_url"]


def test_an_entry_is_read_as_written():
    file = parse_registry(as_toml(ENTRY))["some_set"]
    assert file == RegisteredFile(**ENTRY)
    assert file.matches(b"hello")
    assert not file.matches(b"hell")
    assert not file.matches(b"hallo")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"sha256": "abc"}, "sha256"),
        ({"sha256": ENTRY["sha256"].upper()}, "sha256"),
        ({"bytes": 0}, "bytes"),
        ({"bytes": "many"}, "bytes"),
        ({"mirror": "/etc/passwd"}, "mirror"),
        ({"mirror": "../outside.csv"}, "mirror"),
        ({"mirror": ""}, "mirror"),
        ({"bundled": "a/../../b"}, "bundled"),
        ({"url": "http://example.org/x"}, "url"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_broken_entry_is_named_with_its_field(change, field):
    with pytest.raises(KitError, match=rf"some_set: {field}: ") as caught:
        parse_registry(as_toml(ENTRY | change))
    assert "\n" not in str(caught.value)


def test_a_missing_field_and_a_double_name_are_refused():
    short = {key: value for key, value in ENTRY.items() if key != "sha256"}
    with pytest.raises(KitError, match="some_set: sha256"):
        parse_registry(as_toml(short))
    with pytest.raises(KitError, match="two files named some_set"):
        parse_registry(as_toml(ENTRY, ENTRY))


@given(st.text(max_size=60) | st.sampled_from(["file = 3", "[file]", "file = [1]"]))
def test_any_text_is_a_registry_or_one_line(text):
    try:
        parsed, message = parse_registry(text), ""
    except KitError as error:
        parsed, message = {}, str(error)
    assert not parsed
    assert message.count("\n") == 0
    if not message:
        assert not tomllib.loads(text).get("file")
    else:
        assert message.startswith("registry.toml")


@given(st.integers(1, 10**10))
def test_sizes_are_readable_and_near(n_bytes):
    number, unit = readable_size(n_bytes).split()
    value = float(number) * {"kB": 1000, "MB": 1_000_000}[unit]
    assert abs(value - n_bytes) <= max(1000, 0.06 * n_bytes)
