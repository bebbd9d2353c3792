"""The settings that a prepared stream starts with: ours, and those published."""

from typing import Any

from helpers.datasets.streams import Settings, Stream
from helpers.streams.settings import InitialSettings, OnlineSettings, StreamSettings

__all__ = ["published_settings", "starting_settings"]

_DETECTOR = "EncoderDecoderDetector"


def starting_settings(stream: Stream) -> StreamSettings:
    """Return our settings for a stream, to be edited."""
    parameters: dict[str, Any] = {
        "units": stream.settings.hidden,
        "epochs": 100,
        "random_state": 0,
    }
    if stream.name in ("smtp", "smtp_http"):
        parameters["reduce"] = "mean"
    return _settings(stream.settings, parameters, {})


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
            batch=given.batch,
            hard_points=given.hard_points,
            full=given.trigger,
            **online,
        ),
    )
