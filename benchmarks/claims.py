"""Every claim of the lessons with its control: one thing changed, several seeds.

    python -m benchmarks claims                    all, into docs/results/claims.md
    python -m benchmarks.claims 03 05              those of two lessons, on the console
    python -m benchmarks.claims 03 --seeds 10 11   with other seeds

A claim is a sentence of a lesson that names a cause, a winner or a rule. Its control is
a function in `benchmarks/controls/lesson_NN.py`, marked `@claim(...)`: for one seed it
returns what was measured in each setting, all with the same budget. `holds` says
whether these values bear the sentence out.
"""

import argparse
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks.results import (
    NOTHING,
    Table,
    Units,
    fingerprint,
    mean,
    spread,
)
from helpers.datasets import DatasetUnavailable
from helpers.paths import kit_root

Measured = Mapping[str, float]  # setting -> value

SEEDS = (0, 1, 2)
PROCESSES = 2
COLUMNS = ("lesson", "claim", "the lesson says", "changed", "measured", "holds on")
_PACKAGE = "benchmarks.controls"
_MODULE = re.compile(r"lesson_(\w\d)\.py")


@dataclass(frozen=True)
class Claim:
    """A sentence of a lesson, and the control that bears it out or doesn't.

    `says` stands word for word in the lesson (line breaks and emphasis apart);
    `changed` is the one thing that differs between the settings that `control(seed)`
    measures; `measure` names the values, "AP". A claim about something that nothing is
    drawn for has one seed.
    """

    lesson: str
    says: str
    changed: str
    measure: str
    holds: Callable[[Measured], bool]
    control: Callable[[int], Measured]
    seeds: tuple[int, ...] = SEEDS

    @property
    def name(self) -> str:
        """The name of the control."""
        return self.control.__name__

    @property
    def key(self) -> str:
        """Lesson and name: "03.smote_ranks_page_blocks_better"."""
        return f"{self.lesson}.{self.name}"


@dataclass(frozen=True)
class Finding:
    """What a claim's control measured: a value per setting, for each seed."""

    claim: Claim
    runs: Sequence[Measured]

    def __str__(self) -> str:
        told = f"{self.held} of {len(self.runs)}: {self.measured}"
        return f"{self.claim.key}: {told}"

    @property
    def held(self) -> int:
        """The number of seeds on which the sentence is borne out."""
        return sum(bool(self.claim.holds(run)) for run in self.runs)

    @property
    def measured(self) -> str:
        """Say in one line what each setting gave: mean, and smallest to largest."""
        told = []
        for setting in self.runs[0]:
            values = [run[setting] for run in self.runs]
            span = spread(values)
            room = "" if span == NOTHING else f" ({span})"
            told.append(f"{setting} {mean(values)}{room}")
        return f"{self.claim.measure}: {'; '.join(told)}"

    @property
    def row(self) -> tuple[str, ...]:
        """The claim's line in the table."""
        claim = self.claim
        held = f"{self.held} of {len(self.runs)}"
        return (
            claim.lesson,
            claim.name,
            claim.says,
            claim.changed,
            self.measured,
            held,
        )


_claims: dict[str, Claim] = {}


def claim(
    *,
    says: str,
    changed: str,
    measure: str,
    holds: Callable[[Measured], bool],
    seeds: Sequence[int] = SEEDS,
) -> Callable[[Callable[[int], Measured]], Callable[[int], Measured]]:
    """Register the decorated function, `seed -> {setting: value}`, as a control.

    A claim about something that nothing is drawn for has `seeds=(0,)`. Raises
    `ValueError` for a second control of one name, and for a module that is not called
    after its lesson.
    """

    def register(control: Callable[[int], Measured]) -> Callable[[int], Measured]:
        file = Path(inspect.getfile(control)).name
        lesson = _MODULE.fullmatch(file)
        if lesson is None:
            raise ValueError(f"{file}: a control lives in lesson_NN.py")
        made = Claim(
            lesson[1], says, changed, measure, holds, control, seeds=tuple(seeds)
        )
        if made.key in _claims:
            raise ValueError(f"two controls are called {made.key}")
        _claims[made.key] = made
        return control

    return register


def all_claims(lessons: Sequence[str] = ()) -> list[Claim]:
    """Return the claims of `lessons` ("03"), or of all, in the lessons' order."""
    folder = Path(__file__).parent / "controls"
    known = [found[1] for path in folder.iterdir() if (found := _of_lesson(path))]
    for lesson in sorted(known):
        if not lessons or lesson in lessons:
            import_module(f"{_PACKAGE}.lesson_{lesson}")
    chosen = [c for c in _claims.values() if not lessons or c.lesson in lessons]
    return sorted(chosen, key=lambda each: each.lesson)


def _of_lesson(path: Path) -> re.Match | None:
    return _MODULE.fullmatch(path.name)


def measured(*, claim: str, seed: int) -> dict[str, float]:
    """Return what the control of a claim, "03.name", measures with one seed."""
    lesson, _, _ = claim.partition(".")
    import_module(f"{_PACKAGE}.lesson_{lesson}")
    return {name: _plain(value) for name, value in _claims[claim].control(seed).items()}


def _plain(value: float) -> float | int:
    """Return a Python number: NumPy's are no JSON."""
    return value.item() if hasattr(value, "item") else value


def findings(
    claims: Sequence[Claim], units: Units, seeds: Sequence[int] = ()
) -> Iterator[Finding | str]:
    """Yield what each claim's control measures, kept units first.

    `seeds` replaces the claims' own, where these have several. Where data are not here,
    a line says so instead.
    """
    works = [
        ({"claim": each.key, "seed": seed}, _code(each))
        for each in claims
        for seed in _seeds(each, seeds)
    ]
    found = {
        (unit["claim"], unit["seed"]): values
        for unit, values in units.get_all(works, _measured_or_why, processes=PROCESSES)
    }
    for each in claims:
        told = [found[each.key, seed] for seed in _seeds(each, seeds)]
        runs = [run for run in told if not isinstance(run, str)]
        absent = [run for run in told if isinstance(run, str)]
        yield f"{each.key}: {absent[0]}" if absent else Finding(each, runs)


def _code(claim: Claim) -> str:
    """Return what a kept unit depends on, beside the packages: the control's module.

    The kit below it counts for nothing here: after a change there, `--fresh`.
    """
    return inspect.getsource(sys.modules[claim.control.__module__])


def _seeds(claim: Claim, seeds: Sequence[int]) -> Sequence[int]:
    return seeds if seeds and len(claim.seeds) > 1 else claim.seeds


def _measured_or_why(*, claim: str, seed: int) -> dict[str, float] | str:
    try:
        return measured(claim=claim, seed=seed)
    except DatasetUnavailable as error:
        return str(error)


def table(units: Units) -> Table:
    """Return the table of all claims whose data are here."""
    return table_of(findings(all_claims(), units))


def table_of(found: Iterable[Finding | str]) -> Table:
    """Return the table of findings, and of what says why there is none."""
    told = list(found)
    rows = [each.row for each in told if isinstance(each, Finding)]
    absent = [f"Left out: {each}" for each in told if isinstance(each, str)]
    title = "The lessons' claims and their controls"
    return Table(title, COLUMNS, rows, [*_NOTES, *absent])


_NOTES = (
    "One thing differs between the settings of a line, the rest is equal: data, split, "
    "epochs, tuning. Values are means over the seeds, with smallest and largest; a "
    "claim without seeds is about something that nothing is drawn for.",
    "`holds on` counts the seeds on which the values bear the sentence out. The "
    "control is the function of that name in `benchmarks/controls/lesson_NN.py`; "
    "`python -m benchmarks.claims NN --seeds 10 11 12` runs it with other seeds.",
)


def stated_at(claim: Claim, source: str) -> int | None:
    """Return the line of a lesson's source where the claim's sentence begins.

    Comment signs, line breaks and emphasis make no difference; None if it is not there.
    """
    words: list[tuple[str, int]] = []
    for number, line in enumerate(source.splitlines(), start=1):
        words += [(word, number) for word in _bare(line.removeprefix("#")).split()]
    wanted = _bare(claim.says).split()
    texts = [word for word, _ in words]
    for start in range(len(words) - len(wanted) + 1):
        if texts[start : start + len(wanted)] == wanted:
            return words[start][1]
    return None


def _bare(text: str) -> str:
    return re.sub(r"[*_`]", "", text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the claims of some lessons, run anew; return the exit status."""
    parser = argparse.ArgumentParser("python -m benchmarks.claims", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("lesson", nargs="*", help="two digits; all if none")
    parser.add_argument("--seeds", nargs="+", type=int, default=())
    parser.add_argument("--fresh", action="store_true", help="forget what was kept")
    options = parser.parse_args(arguments)
    module = import_module("benchmarks.claims")
    units = Units(kit_root() / "docs/results/claims.jsonl", fingerprint(module))
    if options.fresh:
        units.forget()
    chosen = all_claims(options.lesson)
    for found in findings(chosen, units, options.seeds):
        print(found, flush=True)
    return 0


if __name__ == "__main__":
    # this file runs as `__main__`; the registry is the imported module's
    sys.exit(import_module("benchmarks.claims").main())
