"""Messages of a topic that are JSON objects: rows as lines of a CSV, or why not."""

import json
import time
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from optional import needs_kafka

from helpers.streams import CsvSource, KafkaSource, batches
from helpers.streams.kafka import _TimedMessages

NAMES = ("heat", "speed", "label")
WHOLE = '{"label": 0, "heat": 1.5, "speed": 2}'


def read(*values, columns=NAMES, **options):
    """Return the rows of messages with these values, which no broker has to send."""
    options = {"label": "label", **options} if columns == NAMES else options
    messages = [
        SimpleNamespace(offset=i, value=v.encode() if isinstance(v, str) else v)
        for i, v in enumerate(values)
    ]
    reader = _TimedMessages(KafkaSource("nobody:1", "plant", columns, **options))
    parts = [*reader.read(messages, None), *reader.clock.rest()]
    assert len(parts) == 1
    return parts[0]


@pytest.mark.parametrize(
    "message",
    [
        "1.5,2,0",
        WHOLE,
        '{"heat": "1.50", "speed": 2e0, "label": "0", "unit": null, "tags": [1]}',
        '\ufeff {\n  "heat": 15E-1,\n  "speed": 2.0,\n  "label": 0\n}\r\n',
    ],
)
def test_an_object_is_the_row_that_a_line_is(message):
    rows = read(WHOLE, message)
    assert rows.values.tolist() == [[1.5, 2.0]] * 2
    assert rows.labels.tolist() == [0, 0]
    assert rows.marks.tolist() == [1, 2]


def test_objects_within_objects_have_names_with_dots():
    rows = read(
        '{"schema": {"heat": 9}, "payload": {"motor": {"heat": 7}, "a.b": 1}}',
        columns=("payload.motor.heat", "payload.a.b"),
    )
    assert rows.values.tolist() == [[7.0, 1.0]]


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            '{"heat": 1, "label": 0, "spead": 2}',
            "has no 'speed'; it has heat, label, s",
        ),
        ("{}", "has no 'heat', 'speed' and 'label'; it has nothing"),
        ('{"heat": {"c": 1}, "speed": 2, "label": 0}', "has no 'heat'; it has heat.c"),
        ('{"heat": 1, "heat": 2, "speed": 2, "label": 0}', "has 'heat' twice"),
        (WHOLE.replace("1.5", "null"), "'heat' is 'null', which is no number"),
        (WHOLE.replace("1.5", "true"), "'heat' is 'true', which is no number"),
        (WHOLE.replace("1.5", "[1.5]"), "'heat' is .*, which is no number"),
        (WHOLE.replace("1.5", '"1,5"'), "'heat' is '1,5', which is no number"),
        (WHOLE.replace("1.5", "NaN"), "'heat' is 'NaN'; fill or drop it first"),
        (WHOLE.replace("1.5", "1" + "0" * 5000), "'heat' is '1000.*'; fill or drop"),
        (WHOLE.replace(": 0", ": 3"), "has the label 3; a label is 0"),
        (WHOLE[:-4], "is torn JSON"),
        (WHOLE + WHOLE, "is broken JSON: Extra data"),
        (WHOLE.replace(",", ""), "is broken JSON: Expecting"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "is broken JSON: nested too deep"),
        ("[1.5, 2, 0]", "is a JSON list; send an object"),
        ("1.5;2;0", "has 1 cells, not the 3 of heat, speed, label"),
        (b"\0\0\0\0\x07" + WHOLE.encode(), "begins with a zero byte, as those of a"),
        (b"\xff\xfe{\0}\0", "is no text in UTF-8"),
        (None, "is empty; send a row"),
    ],
)
def test_a_message_that_is_no_row_is_told_with_its_offset(message, told):
    with pytest.raises(ValueError, match=rf"topic 'plant', offset 1:? {told}") as error:
        read(WHOLE, message)
    assert "\n" not in str(error.value)


def timed(seconds, spell=int):
    return [json.dumps({"heat": 1, "ts": spell(second)}) for second in seconds]


@pytest.mark.parametrize(
    "spell",
    [
        lambda s: 1_704_708_000 + s,
        lambda s: (1_704_708_000 + s) * 10**9,
        lambda s: str((1_704_708_000 + s) * 1000),
        lambda s: f"2024-01-08T17:00:{s:02}+07:00",
    ],
)
def test_objects_that_carry_times_have_the_clock_of_a_file(spell):
    columns = ("ts", "heat")
    even = read(*timed(range(30), spell), columns=columns)
    assert even.values.shape == (30, 1)
    assert not even.begins.any()
    gap = timed([*range(20), *range(25, 30)], spell)
    with pytest.raises(
        ValueError, match=r"gap between offset 19 .* and offset 20 .*6 "
    ):
        read(*gap, columns=columns)
    split = read(*gap, columns=columns, gaps="split")
    assert np.flatnonzero(split.begins).tolist() == [20]
    with pytest.raises(ValueError, match=r"offset 3: the time .null. can't be read"):
        read(*timed(range(3), spell), '{"heat": 1, "ts": null}', columns=columns)


def test_a_time_that_a_spreadsheet_shortened_is_no_feature(tmp_path):
    for shortened in ('{"time": 1.70471E+12, "heat": 1}', "1.70471E+12,1"):
        with pytest.raises(ValueError, match="a spreadsheet shortened the time"):
            read(shortened, columns=("time", "heat"))
    (tmp_path / "s.csv").write_text("time,heat\n1.70471E+12,1\n1.70471E+12,2\n")
    with pytest.raises(ValueError, match=r"line 2: .*a spreadsheet shortened the time"):
        list(CsvSource(tmp_path / "s.csv").read())


@needs_kafka
@pytest.mark.filterwarnings("ignore:3 rows before gaps")
def test_objects_and_lines_of_a_topic_give_the_same_batches():
    from confluent_kafka import Producer

    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (found,) = producer.list_topics(timeout=10).brokers.values()
    moments = pd.date_range("2024-05-01", periods=20, freq="h").delete(11)
    rows = [(f"{n / 7!r}", str(moment)) for n, moment in enumerate(moments)]
    topics = [f"{kind}{time.monotonic_ns()}" for kind in ("lines", "objects")]
    for heat, moment in rows:
        text = f'{{"time": "{moment}", "heat": {heat}, "site": "B"}}'
        for topic, value in zip(topics, (f"{heat},{moment}", text), strict=True):
            producer.produce(topic, value.encode(), partition=0)
    producer.flush()
    read_of = [
        [
            (one.windows.tolist(), one.starts.tolist(), one.position)
            for one in batches(
                KafkaSource(
                    f"{found.host}:{found.port}", topic, ("heat", "time"),
                    gaps="split", wait=0.1,
                ),
                steps=4,
                batch=1,
            )
        ]
        for topic in topics
    ]  # fmt: skip
    assert read_of[0] == read_of[1]
    assert [starts for _, starts, _ in read_of[0]] == [[0], [4], [11], [15]]
    producer.flush(1)
