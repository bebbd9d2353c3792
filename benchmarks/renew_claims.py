"""Measure the claims of some lessons, and renew their lines in the table of all.

    python -m benchmarks.renew_claims 03 05

The lines of the other lessons stay as docs/results/claims.csv has them, so that a new
claim costs no more than its own control. (It is a module of its own because what
`benchmarks.claims` has measured is measured anew after any change of that module.)
"""

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import claims
from benchmarks.claims import COLUMNS, Finding, all_claims, findings
from benchmarks.results import Table, Units, fingerprint, write_table
from helpers.paths import kit_root

_NOT_MEASURED = "not measured yet"


def renewed_table(found: Iterable[Finding | str], written: Path) -> Table:
    """Return the table of all claims: `found` anew, the others as `written` (CSV) has.

    A claim that is in neither is named as not measured yet.
    """
    told = list(found)
    rows = _written_rows(written)
    rows |= {each.claim.key: each.row for each in told if isinstance(each, Finding)}
    keys = [each.key for each in all_claims()]
    absent = {each.partition(":")[0]: each for each in told if isinstance(each, str)}
    waiting = {key: f"{key}: {_NOT_MEASURED}" for key in keys if key not in rows}
    left_out = [f"Left out: {each}" for each in (waiting | absent).values()]
    empty = claims.table_of([])
    kept = [rows[key] for key in keys if key in rows]
    return Table(empty.title, COLUMNS, kept, [*empty.notes, *left_out])


def _written_rows(path: Path) -> dict[str, tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = [tuple(row) for row in csv.reader(file)][1:]
    return {f"{row[0]}.{row[1]}": row for row in rows}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the claims of the named lessons, write the table; return 0."""
    parser = argparse.ArgumentParser("python -m benchmarks.renew_claims")
    parser.description = __doc__.splitlines()[0]
    parser.add_argument("lesson", nargs="+", help="two digits")
    options = parser.parse_args(arguments)
    stem = kit_root() / "docs" / "results" / "claims"
    units = Units(stem.with_suffix(".jsonl"), fingerprint(claims))
    found = []
    for each in findings(all_claims(options.lesson), units):
        print(each, flush=True)
        found.append(each)
    table = renewed_table(found, stem.with_suffix(".csv"))
    print(f"wrote {write_table(table, stem)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
