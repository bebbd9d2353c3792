"""The lessons' claims: their table is current, and their sentences stand in lessons."""

import csv
from dataclasses import replace

import pytest

from benchmarks import claims
from benchmarks.claims import Claim, Finding, all_claims, stated_at
from benchmarks.renew_claims import renewed_table
from benchmarks.results import Units
from helpers.authoring.course import Course
from helpers.paths import kit_root

CLAIMS = all_claims()
SOURCES = {
    lesson.number: lesson.path.read_text(encoding="utf-8")
    for lesson in Course.here().lessons()
}

each_claim = pytest.mark.parametrize("claim", CLAIMS, ids=lambda each: each.key)


@pytest.fixture(scope="module")
def rows():
    path = kit_root() / "docs" / "results" / "claims.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {f"{row['lesson']}.{row['claim']}": row for row in csv.DictReader(file)}


@each_claim
def test_a_claim_stands_word_for_word_in_its_lesson(claim):
    assert stated_at(claim, SOURCES[claim.lesson]), (
        f"lesson {claim.lesson} doesn't say, word for word: {claim.says}"
    )


@each_claim
def test_a_claim_has_a_line_in_the_table_and_held_on_all_its_seeds(claim, rows):
    row = rows.get(claim.key)
    assert row, f"run: python -m benchmarks.renew_claims {claim.lesson}"
    assert row["the lesson says"] == claim.says
    assert row["holds on"] == f"{len(claim.seeds)} of {len(claim.seeds)}"


@each_claim
def test_a_control_says_what_it_does(claim):
    assert claim.control.__doc__
    assert claim.changed
    assert claim.measure


def made(says, holds=lambda found: found["b"] > found["a"]):
    def control(seed):
        """Measure nothing."""
        return {"a": 0.1 * seed, "b": 0.15}

    return Claim("03", says, "the letter", "AP", holds, control)


def test_a_sentence_is_found_across_lines_and_emphasis():
    source = (
        "# %% [markdown]\n# # Title\n#\n# Text. In **this** table `b`\n# wins, now.\n"
    )
    assert stated_at(made("In this table b wins, now."), source) == 4
    assert stated_at(made("In that table"), source) is None


def test_a_finding_counts_the_seeds_that_bear_the_sentence_out():
    claim = made("b wins")
    found = Finding(claim, [claim.control(seed) for seed in claim.seeds])
    assert found.held == 2
    assert found.measured == "AP: a 0.10 (0.00 to 0.20); b 0.15"
    assert found.row[-1] == "2 of 3"


def test_a_control_belongs_to_a_lessons_module():
    with pytest.raises(ValueError, match="a control lives in lesson_NN"):
        claims.claim(says="x", changed="x", measure="x", holds=bool)(
            test_a_control_belongs_to_a_lessons_module
        )


def test_one_lessons_lines_are_renewed_and_the_others_stay():
    path = kit_root() / "docs" / "results" / "claims.csv"
    with path.open(encoding="utf-8", newline="") as file:
        before = [tuple(row) for row in csv.reader(file)][1:]
    claim = next(c for c in CLAIMS if (c.lesson, c.name) == before[-1][:2])
    claim = replace(claim, holds=bool)
    measured = [{"a": 1.0, "b": 2.0} for _ in claim.seeds]
    table = renewed_table([Finding(claim, measured)], path)
    assert table.rows[:-1] == before[:-1]
    assert table.rows[-1] == Finding(claim, measured).row
    gone = renewed_table([f"{claim.key}: no data"], path)
    assert gone.rows == before


def test_claims_are_measured_once_and_kept(tmp_path):
    quick = [claim for claim in CLAIMS if claim.seeds == (0,)][:1]
    first = Units(tmp_path / "claims.jsonl", "code")
    found = list(claims.findings(quick, first))
    again = Units(tmp_path / "claims.jsonl", "code")
    assert [str(each) for each in claims.findings(quick, again)] == list(
        map(str, found)
    )
    assert (again.computed, again.kept) == (0, len(quick))
