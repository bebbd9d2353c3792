"""Cards against the data they describe, names, and the pages made from the cards."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.datasets import UnknownDataset, audit, card, load, names
from helpers.datasets.cards import cards, parse_card
from helpers.datasets.catalogue import licenses, readme
from helpers.datasets.readers import READERS
from helpers.datasets.registry import registered_files
from helpers.errors import KitError
from helpers.paths import datasets_dir

BUNDLED = {
    "abalone19", "breastw", "elecdemand", "heart", "kddcup-buffer_overflow_vs_back",
    "kddcup-guess_passwd_vs_satan", "kddcup-land_vs_portsweep", "kddcup-land_vs_satan",
    "kddcup-rootkit-imap_vs_back", "optdigits", "page-blocks0", "satellite",
    "satimage-2", "shuttle", "taylor",
    "twin_timeseries1", "twin_timeseries2", "twin_timeseries3", "twin_timeseries4",
    "twin_timeseries5", "ucr-internalbleeding16", "water-flow", "WBC",
    "WDBC", "wine", "yeast4",
}  # fmt: skip


def test_what_ships_with_the_kit():
    assert {one.name for one in cards().values() if one.bundled} == BUNDLED
    assert set(names()[: len(BUNDLED)]) == BUNDLED, "bundled sets come first"


@pytest.mark.parametrize("name", names())
def test_the_card_tells_the_truth(name, load_or_skip):
    """Sizes, labels, extras and every countable flaw, recomputed from the data."""
    dataset = load_or_skip(name)
    one = dataset.card
    assert dataset.X.shape == (one.rows, one.features)
    assert len(dataset.feature_names) == one.features == len(set(dataset.feature_names))
    assert set(dataset.extra) == set(one.extra)
    missing = [flaw for flaw in audit(dataset) if flaw not in one.flaws]
    assert not missing or one.options.get("uncounted")
    if dataset.y is None:
        assert one.anomalies is None
        assert not one.label
    else:
        assert dataset.y.dtype == np.int64
        assert dataset.y.shape == (one.rows,)
        assert set(np.unique(dataset.y)) <= {0, 1}
        assert dataset.y.sum() == one.anomalies
        assert one.label


@pytest.mark.parametrize("name", names())
def test_the_card_is_complete(name):
    one = card(name)
    assert one.name == name
    assert one.reader in READERS
    assert set(one.files) <= registered_files().keys()
    assert one.flaws, "no data set is without flaws"
    for text in (one.title, one.origin, one.citation, one.licence, *one.flaws):
        assert text.strip() == text != ""
    assert all(flaw.endswith(".") for flaw in one.flaws)
    for file in one.files:
        for part in registered_files()[file].licence.split("; "):
            assert part in one.licence, "the card states the terms of its files"


def test_the_pages_are_current():
    """`python -m helpers.datasets.catalogue` writes them again."""
    for name, text in (("README.md", readme()), ("LICENSES.md", licenses())):
        assert (datasets_dir() / name).read_text(encoding="utf-8") == text, name
    assert all(f"**{name}**" in licenses() for name in names())


def test_the_text_of_a_card_has_what_counts():
    text = str(card("heart"))
    for part in ("303 rows, 13 features, 138 anomalies (45.5 %)", "disease", "UCI"):
        assert part in text
    assert "ca = 4" in text
    assert "no labels (y is None)" in str(card("taylor"))


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("Heart", "heart"),
        ("page_blocks0", "page-blocks0"),
        ("KRM-http", "krm_http"),
        (" wbc ", "WBC"),
        ("cover", "adbench_cover"),
        ("32_shuttle", "adbench_shuttle"),
        ("krm-timeseries5", "krm_timeseries5_anomaly"),
        ("kddcup99_10_percent", "kdd99_10pct"),
        ("kddcup99_corrected_test", "kdd99_corrected"),
    ],
)
def test_other_ways_to_write_a_name(called, name):
    assert card(called).name == name


@pytest.mark.parametrize("name", registered_files())
def test_a_registered_name_is_a_data_set_or_a_part_of_one(name):
    owners = [one for one in cards().values() if name in one.files]
    try:
        owners.append(card(name))
    except UnknownDataset:
        assert registered_files()[name].bundled, "all of the registry can be loaded"
    assert owners


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("hart", "heart"),
        ("shutle", "shuttle"),
        ("taxi", "nab_nyc_taxi"),
        ("NAB", "nab"),
    ],
)
def test_a_wrong_name_gets_the_nearest_ones(wrong, right):
    with pytest.raises(UnknownDataset, match=rf"Did you mean .*{right}") as caught:
        load(wrong)
    assert "workshop data list" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_name_far_from_all_gets_no_suggestion():
    with pytest.raises(UnknownDataset, match=r"called 'qqq'\. `workshop data list`"):
        load("qqq")


@pytest.mark.parametrize("name", [None, 3, b"heart", ["heart"], np.nan])
def test_a_name_is_a_text(name):
    with pytest.raises(UnknownDataset, match="is a text like 'heart', not"):
        load(name)


def found_or_told(text):
    """Return the card's name and no message, or no name and the message."""
    try:
        return card(text).name, ""
    except UnknownDataset as error:
        return None, str(error)


@given(st.text(max_size=80))
def test_any_text_is_a_name_or_one_line(text):
    name, message = found_or_told(text)
    assert (name in names()) != bool(message)
    assert message.isprintable()
    assert len(message) < 400


@given(st.sampled_from(names()), st.data())
def test_a_slip_of_the_finger_is_understood(name, data):
    """One letter dropped: a name is suggested (or it happens to be another name)."""
    position = data.draw(st.integers(0, len(name) - 1))
    slip = name[:position] + name[position + 1 :]
    other, message = found_or_told(slip)
    assert other or "Did you mean" in message or len(slip) < 4


def test_a_broken_card_is_named_with_its_field():
    with pytest.raises(KitError, match=r"^x\.toml: title: "):
        parse_card('name = "x"\nkind = "raw"', "x.toml")
    with pytest.raises(KitError, match=r"^x\.toml is no valid TOML"):
        parse_card("name =", "x.toml")
    text = (datasets_dir() / "cards" / "heart.toml").read_text(encoding="utf-8")
    with pytest.raises(KitError, match=r"^heart\.toml: kind: "):
        parse_card(text.replace("tabular", "stone"), "heart.toml")


def test_a_card_is_frozen():
    with pytest.raises(ValueError, match="frozen"):
        card("heart").rows = 304
