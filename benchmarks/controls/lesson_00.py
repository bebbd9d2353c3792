"""The controls of lesson 00's claims: ten public holidays of one year."""

import pandas as pd

from benchmarks.claims import claim
from helpers.datasets import load
from helpers.detectors import IsolationForestDetector


def _days_and_holidays() -> tuple[pd.DataFrame, pd.Series]:
    """Return the lesson's days, peak demand and temperature swing, and its labels."""
    data = load("elecdemand")
    by_day = data.X.resample("D")
    swing = by_day["Temperature"].max() - by_day["Temperature"].min()
    days = pd.DataFrame({"peak": by_day["Demand"].max(), "swing": swing})
    return days, pd.Series(data.y, data.X.index).resample("D").max()


@claim(
    says="at most one of its ten alarms is a holiday",
    changed="the rule that chooses ten days of 365: the forest, or the lowest demand",
    measure="holidays among ten days",
    holds=lambda found: found["isolation forest"] <= 1 < found["lowest demand first"],
)
def forest_finds_no_holidays(seed: int) -> dict[str, float]:
    """Count the holidays among the ten days that each rule puts first."""
    days, holidays = _days_and_holidays()
    forest = IsolationForestDetector(contamination=0.03, random_state=seed).fit(days)
    return {
        "isolation forest": int(holidays[forest.labels_ == 1].sum()),
        "lowest demand first": int(holidays[days["peak"].nsmallest(10).index].sum()),
    }
