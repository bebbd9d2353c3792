"""The settings that a prepared stream starts with: ours, and those published."""

from dataclasses import replace
from typing import Any

import numpy as np

from helpers.datasets.streams import Settings, Stream
from helpers.errors import KitError
from helpers.streams.settings import InitialSettings, OnlineSettings, StreamSettings

__all__ = ["published_settings", "starting_settings", "with_calendar"]

CALENDAR = ("hour_sin", "weekday_sin", "hour_cos", "weekday_cos")
_DETECTOR = "EncoderDecoderDetector"
# Where those in proportion to the published ones don't do. Satellite: no soil is far
# enough from the next one for several points of a window to be above. SMTP then HTTP:
# updates on 40 windows forget too much (chosen on this very stream, with one seed, so
# a result with it is no test).
# Forest: fifty windows train, too few for a network that reads true values; chosen with
# one seed on streams whose anomaly is cover type 3, 6 or 7, and which lack type 4, that
# of the real one.
_OURS: dict[str, dict[str, int]] = {
    "satellite": {"hard_points": 1, "full": 2},
    "smtp_http": {"hard_points": 1, "full": 10},
    "forest": {"hard_points": 4, "full": 10},
}


def starting_settings(stream: Stream) -> StreamSettings:
    """Return our settings for a stream, to be edited."""
    parameters: dict[str, Any] = {
        "units": stream.settings.hidden,
        "epochs": 100,
        "random_state": 0,
    }
    if stream.name == "power_demand":  # five windows train: one a step, as published
        parameters |= {"batch_size": 1, "epochs": 300}
    if stream.name in ("smtp", "smtp_http"):
        parameters["reduce"] = "mean"
    if stream.name == "forest" and not _whole(stream):
        parameters |= {"reduce": "mean", "feed": "constant"}
    if stream.feature_names[-len(CALENDAR) :] == CALENDAR:
        # The constant was chosen on the first twelve weeks of power demand: held-out
        # normal ones, and those with a working day made a Sunday, all of them up to
        # 15 % lower or higher. Without the calendar it failed with some seeds.
        parameters |= {"known_features": len(CALENDAR), "feed": "constant"}
    ours = {} if _whole(stream) else _OURS.get(stream.name, {})
    return _settings(stream.settings, parameters, ours)


def _whole(stream: Stream) -> bool:
    """Say whether a stream is as long as published, not in proportion to that."""
    published = stream.published
    return published is not None and stream.settings == published.settings


def with_calendar(stream: Stream) -> Stream:
    """Return the stream with hour and weekday behind its values, as known covariates.

    Each as sine and cosine, so that midnight is near eleven at night. Holidays are not
    among them: they are what is to be found. Raises `KitError` where the stream has no
    clock.
    """
    if stream.times is None:
        raise KitError(f"The stream {stream.name} has no times, so no calendar either.")
    hours = stream.times.hour + stream.times.minute / 60
    turns = np.stack([hours / 24, (stream.times.day_of_week + hours / 24) / 7], axis=1)
    known = np.concatenate(
        [np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)], axis=1
    )
    return replace(
        stream,
        X=np.concatenate([stream.X, known], axis=1),
        feature_names=(*stream.feature_names, *CALENDAR),
    )


def published_settings(stream: Stream) -> StreamSettings | None:
    """Return the settings of the published run, or None where none was published.

    Li's thesis (Hannover, 2018) and its code: the true value fed back, the code's
    score, thirty epochs an update. Power demand estimated its errors anew, the others
    never did; windows of SMTP and HTTP are anomalies from six anomalous points on.
    """
    if stream.published is None:
        return None
    from helpers.detectors import EncoderDecoderDetector

    name: Any = stream.name
    published = EncoderDecoderDetector.published(name)
    usual = EncoderDecoderDetector().get_params()
    parameters = {
        name: value
        for name, value in published.get_params().items()
        if value != usual[name] and value is not None
    }
    parameters |= {"units": stream.published.settings.hidden, "random_state": 0}
    online = {
        "reestimate": "running" if stream.name == "power_demand" else "none",
        "anomalous_points": 6 if stream.name in ("smtp", "http") else 1,
    }
    return _settings(stream.published.settings, parameters, online)


def _settings(
    given: Settings, parameters: dict[str, Any], online: dict[str, Any]
) -> StreamSettings:
    return StreamSettings(
        window=given.window,
        initial=InitialSettings(
            rows=given.initial, detector=_DETECTOR, parameters=parameters
        ),
        online=OnlineSettings(
            **{
                "batch": given.batch,
                "hard_points": given.hard_points,
                "full": given.trigger,
            }
            | online
        ),
    )
