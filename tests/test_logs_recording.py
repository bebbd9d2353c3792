"""The recorder of Python events: what it sees, its bounds, its tidiness."""

import sys
import threading

import pytest

from helpers.errors import KitError
from helpers.logs.recording import record_events


def _inner():
    return len("abc")


def _outer():
    return _inner() + _inner()


def _names(events):
    return [event.replace(f"{__name__}.", "") for event in events]


def test_calls_and_returns_are_recorded_in_order_and_c_functions_are_not():
    with record_events(__name__) as events:
        _outer()
    inner = ["call _inner", "return _inner"]
    assert _names(events) == ["call _outer", *inner, *inner, "return _outer"]


def test_only_named_modules_are_recorded():
    with record_events("json") as events:
        _outer()
        __import__("json").dumps({"a": [1]}, indent=1)
    assert events[0] == "call json.dumps"
    assert any(event.startswith("call json.encoder.") for event in events)
    assert not any("_outer" in event for event in events)


def test_the_number_of_events_is_bounded():
    with record_events(__name__, limit=3) as events:
        _outer()
    assert _names(events) == ["call _outer", "call _inner", "return _inner"]


def test_the_earlier_hook_is_back_after_a_block_that_fails():
    def mine(*_):
        return None

    sys.setprofile(mine)
    try:
        with pytest.raises(ZeroDivisionError), record_events(__name__):
            _ = 1 / 0
        assert sys.getprofile() is mine
    finally:
        sys.setprofile(None)


def test_another_thread_is_not_recorded():
    with record_events(__name__) as events:
        worker = threading.Thread(target=_outer)
        worker.start()
        worker.join()
    assert events == []


@pytest.mark.parametrize("arguments", [(), ("",), (3,)])
def test_no_module_is_refused(arguments):
    with pytest.raises(KitError, match="name a module"), record_events(*arguments):
        pass


def test_a_limit_of_zero_is_refused():
    with pytest.raises(KitError, match="limit"), record_events("json", limit=0):
        pass


def test_the_recorder_does_not_record_itself():
    with record_events("helpers") as events:
        pass
    assert events == []
