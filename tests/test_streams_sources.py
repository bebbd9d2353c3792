"""Whatever the source, equal rows give equal batches; and reading goes on anywhere."""

import threading
import time
from functools import partial

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from optional import needs_kafka

from helpers import extras
from helpers.streams import (
    CsvSource,
    IteratorSource,
    KafkaSource,
    Position,
    batches,
    publish,
)

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(47, 2))
Y = (RANDOM.random(47) < 0.2).astype(int)
NAMES = ("heat", "speed", "label")
TABLE = pd.DataFrame({"heat": X[:, 0], "speed": X[:, 1], "label": Y})
KAFKA = pytest.param("kafka", marks=needs_kafka)


@pytest.fixture(scope="module")
def broker():
    """Return the address of librdkafka's own mock cluster."""
    from confluent_kafka import Producer

    producer = Producer({"test.mock.num.brokers": 1, "log_level": 0})
    (found,) = producer.list_topics(timeout=10).brokers.values()
    yield f"{found.host}:{found.port}"
    producer.flush(1)


@pytest.fixture
def written(tmp_path, request):
    """Return a function that writes the table for a source, and returns that source."""

    def write(kind, table=TABLE):
        if kind == "csv":
            table.to_csv(tmp_path / "s.csv", index=False)
            return CsvSource(tmp_path / "s.csv", label="label")
        if kind == "kafka":
            topic = f"t{time.monotonic_ns()}"
            servers = request.getfixturevalue("broker")
            publish(servers, topic, table.to_numpy())
            return KafkaSource(servers, topic, NAMES, label="label", wait=0.1)
        rows, labels = table[["heat", "speed"]].to_numpy(), table["label"].to_numpy()
        made = {"array": rows, "function": partial(iter, rows), "lists": rows.tolist()}
        return IteratorSource(made[kind], labels)

    return write


def told(found):
    return [
        (b.windows.tolist(), b.points.tolist(), b.position.rows, b.first_row)
        for b in found
    ]


@pytest.mark.parametrize("kind", ["function", "lists", "csv", KAFKA])
def test_all_sources_yield_the_batches_of_the_array(written, kind):
    expected = told(batches(written("array"), steps=5, batch=2))
    assert told(batches(written(kind), steps=5, batch=2)) == expected
    assert [len(windows) for windows, *_ in expected] == [2, 2, 2, 2, 1]
    assert np.vstack([w for windows, *_ in expected for w in windows]).tolist() == (
        X[:45].tolist()
    )


@pytest.mark.parametrize("kind", ["array", "function", "csv", KAFKA])
@pytest.mark.parametrize("after", [0, 2, 3])
def test_reading_goes_on_after_any_batch(written, kind, after):
    source = written(kind)
    cut = partial(batches, source, steps=5, batch=2)
    whole = list(cut())
    assert told(cut(position=whole[after].position)) == told(whole[after + 1 :])


def test_left_over_windows_wait_where_the_stream_grows(written):
    found = list(batches(written("array"), steps=5, batch=2, partial=False))
    assert [len(batch.windows) for batch in found] == [2, 2, 2, 2]
    assert found[-1].position == Position(40, 40)


@given(st.integers(1, 9), st.integers(1, 5), st.integers(0, 60))
def test_windows_hold_the_rows_in_order_and_drop_only_the_tail(steps, batch, rows):
    series = np.arange(rows, dtype=float)
    found = list(batches(IteratorSource(iter(series)), steps=steps, batch=batch))
    seen = [value for one in found for value in one.windows.ravel()]
    assert seen == list(range(rows // steps * steps))
    assert all(len(one.windows) == batch for one in found[:-1])


def test_a_queue_that_another_thread_fills_is_a_source():
    import queue

    rows = queue.Queue()
    filler = threading.Thread(target=lambda: [rows.put(r) for r in [*X.tolist(), None]])
    filler.start()
    source = IteratorSource(lambda: iter(rows.get, None))
    found = list(batches(source, steps=5, batch=2))
    filler.join()
    assert np.vstack([b.windows.reshape(-1, 2) for b in found]).tolist() == (
        X[:45].tolist()
    )
    with pytest.raises(ValueError, match="this stream keeps no labels"):
        found[0].labels()


def test_labels_of_windows_count_points(written):
    batch = next(batches(written("array"), steps=5, batch=9))
    counts = Y[:45].reshape(9, 5).sum(axis=1)
    for least in (1, 2):
        assert batch.labels(least).tolist() == (counts >= least).astype(int).tolist()


@pytest.mark.parametrize(
    ("rows", "labels", "message"),
    [
        ([[1.0], [2.0, 3.0]], None, "rows differ in length"),
        (iter([[1.0], [2.0, 3.0]]), None, "row 1 of the stream has 2 values, those"),
        (iter([[1.0], ["x"]]), None, "row 1 of the stream must be numbers"),
        (iter([[1.0], [np.nan]]), None, "row 1 of the stream has 1 missing"),
        (np.array([[1.0], [np.nan]]), None, "row 1 of the stream has missing"),
        (X, Y[:-1], "labels has 46 rows and the stream 47"),
        (iter(X), Y[:-1], "labels has 46 rows, the stream more"),
        (X, Y + 1, "labels must hold 0"),
    ],
)
def test_rows_that_are_none_are_named(rows, labels, message):
    with pytest.raises(ValueError, match=message):
        list(batches(IteratorSource(rows, labels), steps=1))


# ------------------------------------------------------------------ a CSV that grows


def test_a_csv_is_followed_while_another_thread_writes_it(tmp_path, written):
    path = tmp_path / "s.csv"
    text = TABLE.to_csv(index=False)
    path.write_text(text[: text.index("\n") + 1])

    def write():
        with path.open("a") as file:
            for piece in range(len(text) // 97 + 1):  # torn anywhere
                file.write(text[text.index("\n") + 1 :][piece * 97 : piece * 97 + 97])
                file.flush()
                time.sleep(0.005)

    writer = threading.Thread(target=write)
    writer.start()
    source = CsvSource(path, label="label", wait=0.5, poll=0.01)
    found = told(batches(source, steps=5, batch=2))
    writer.join()
    assert found == told(batches(written("array"), steps=5, batch=2))


def test_a_torn_last_line_waits_until_it_is_whole(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("a\n1\n2\n3.2")
    source = CsvSource(path)
    with pytest.warns(UserWarning, match="its last line has no line end yet"):
        (first,) = batches(source, steps=1)
    assert first.windows.ravel().tolist() == [1, 2]
    with path.open("a") as file:
        file.write("5\n")
    (second,) = batches(source, steps=1, position=first.position)
    assert second.windows.ravel().tolist() == [3.25]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_line_ends_blank_lines_quotes_and_a_byte_order_mark_are_read(tmp_path, end):
    path = tmp_path / "s.csv"
    lines = ['"a",b,label', "1,2,0", "", '"3",4e0,1', "   ", ""]
    path.write_bytes(b"\xef\xbb\xbf" + end.join(lines).encode())
    (batch,) = batches(CsvSource(path, label="label"), steps=1)
    assert batch.windows.tolist() == [[[1, 2]], [[3, 4]]]
    assert batch.points.ravel().tolist() == [0, 1]


def test_a_file_that_only_grows_by_blank_lines_has_no_new_rows(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text('"a, in m",b\n1,2\n')
    source = CsvSource(path)
    assert source.columns() == ("a, in m", "b")
    (batch,) = batches(source, steps=1)
    with path.open("a") as file:
        file.write("\n  \n\n")
    assert not list(batches(source, steps=1, position=batch.position))
    with path.open("a") as file:
        file.write("3,4\n")
    (later,) = batches(source, steps=1, position=batch.position)
    assert later.windows.tolist() == [[[3, 4]]]


def test_features_are_chosen_by_name_in_the_order_asked_for(tmp_path):
    TABLE.assign(text="x").to_csv(tmp_path / "s.csv", index=False)
    source = CsvSource(tmp_path / "s.csv", features=("speed", "heat"), label="label")
    assert source.columns() == ("speed", "heat")
    found = next(batches(source, steps=47)).windows[0]
    assert found.tolist() == X[:, ::-1].tolist()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no whole header line"),
        ("a,b", "has no whole header line"),
        ("a,a,label\n1,2,0\n", "has two columns 'a'"),
        ("label\n1\n", "has no column but its label"),
        ("1.5,0\n2.5,0\n", "s.csv, line 1 holds numbers; write names of columns"),
        ("a,b\n1,2\n", "has no column 'label'; it has a, b"),
        ("a,label\n1,0\n2\n", "s.csv, line 3 has 1 cells, not the 2 of a, label"),
        ("a,label\n1,0\n\n2,0,0\n", "s.csv, line 4 has 3 cells, not the 2"),
        ("a,label\n1,0\nx,0\n", "s.csv, line 3: 'a' is 'x', which is no number"),
        ("a,label\n1,0\n,0\n", "s.csv, line 3: 'a' is '', which is no number"),
        ("a,label\nnan,0\n", "s.csv, line 2: 'a' is 'nan'; fill or drop it"),
        ("a,label\n1,2\n", "s.csv, line 2 has the label 2; a label is 0"),
        ("a,label\n1,\xff\n", "no text in UTF-8"),
        ("a,label\r1,0\r\n", "s.csv, line 1 is no line of a CSV: it has a carriage re"),
        ("a,label\n1,0\r2,0\n", "s.csv, line 2 is no line of a CSV: it has a carria"),
        (f"a,label\n{'9' * 200_000},0\n", "s.csv, line 2 is no .*it has a cell too"),
    ],
)
def test_a_csv_that_is_none_is_refused_with_its_line(tmp_path, text, message):
    (tmp_path / "s.csv").write_bytes(text.encode("latin1"))
    with pytest.raises(ValueError, match=message) as caught:
        list(batches(CsvSource(tmp_path / "s.csv", label="label"), steps=1))
    assert "\n" not in str(caught.value)


def test_numbers_that_count_columns_are_their_names(tmp_path):
    pd.DataFrame(X).to_csv(tmp_path / "s.csv", index=False)
    assert CsvSource(tmp_path / "s.csv").columns() == ("0", "1")


@pytest.mark.parametrize("rows", [5, None, lambda: 5])
def test_what_cannot_be_looped_over_is_no_stream(rows):
    with pytest.raises(ValueError, match="rows must be what can be looped over"):
        list(IteratorSource(rows).read())


def test_rows_without_features_are_refused():
    with pytest.raises(ValueError, match="have no features"):
        list(batches(IteratorSource(np.zeros((4, 0))), steps=1))


@pytest.mark.parametrize("mark", [0, -3])
def test_a_byte_before_the_first_row_is_refused(tmp_path, mark):
    (tmp_path / "s.csv").write_text("a\n1\n")
    with pytest.raises(ValueError, match="the byte where reading goes on must be"):
        list(CsvSource(tmp_path / "s.csv").read(mark))


def test_another_file_in_place_of_the_one_read_is_noticed(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("a\n10\n20\n")
    (batch,) = batches(CsvSource(path), steps=1)
    go_on = partial(batches, CsvSource(path), steps=1, position=batch.position)
    assert not list(go_on())
    path.write_text("a\n10\n")
    with pytest.raises(ValueError, match="it was cut short or is another file"):
        list(go_on())
    path.write_text("a\n100\n20000\n")
    with pytest.raises(ValueError, match="no line that begins at byte 8"):
        list(go_on())
    path.unlink()
    with pytest.raises(FileNotFoundError, match="is no file"):
        list(go_on())


# ------------------------------------------------------------------------------ Kafka


@needs_kafka
def test_order_holds_within_a_partition_and_not_between_them(broker):
    """Rows 0, 1, 2, ... sent in turn to two partitions: each has its own in order."""
    topic = "two"
    for number in range(8):
        publish(broker, topic, [[number]], partition=number % 2)
    read = [
        [
            row
            for batch in batches(
                KafkaSource(broker, topic, ("n",), partition=partition, wait=0.1),
                steps=1,
            )
            for row in batch.windows.ravel().tolist()
        ]
        for partition in (0, 1)
    ]
    assert read == [[0, 2, 4, 6], [1, 3, 5, 7]]
    assert read[0] + read[1] != list(range(8))


@needs_kafka
def test_messages_sent_while_it_is_read_are_read(broker):
    publish(broker, "late", [[0.0]])
    later = threading.Timer(0.3, publish, (broker, "late", [[1.0], [2.0]]))
    later.start()
    source = KafkaSource(broker, "late", ("n",), wait=1.0)
    rows = [v for b in batches(source, steps=1) for v in b.windows.ravel()]
    later.join()
    assert rows == [0, 1, 2]


@needs_kafka
def test_a_topic_is_read_where_another_loop_runs_already(broker):
    """As in a notebook."""
    import asyncio

    publish(broker, "loop", [[4.0]])

    async def cell():
        return list(batches(KafkaSource(broker, "loop", ("n",), wait=0.1), steps=1))

    assert asyncio.run(cell())[0].windows.ravel().tolist() == [4]


@needs_kafka
def test_what_a_topic_cannot_give_is_said_in_a_line(broker):
    publish(broker, "bad", [[1.0, 2.0]])
    columns = ("a", "b")
    for source, position, message in [
        (
            KafkaSource(broker, "none", columns),
            None,
            "no partition 0 of a topic 'none'; there are none",
        ),
        (KafkaSource(broker, "bad", columns, partition=9), None, "no partition 9"),
        (KafkaSource(broker, "bad", columns), 7, "holds offsets 0 to 1, but the"),
        (KafkaSource(broker, "bad", ("a",)), None, "'bad', offset 0 has 2 cells"),
        (KafkaSource(broker, "bad", columns, label="b"), None, "has the label 2"),
        (KafkaSource(broker, "bad", columns, label="c"), None, "has no column 'c'"),
    ]:
        with pytest.raises(ValueError, match=message):
            list(source.read(position))
    with pytest.raises(
        ConnectionError, match=r"no Kafka broker answers at 127.0.0.1:1"
    ):
        list(KafkaSource("127.0.0.1:1", "bad", columns).read())


@needs_kafka
def test_a_broker_that_goes_away_is_told_in_a_line(broker, monkeypatch):
    from aiokafka import AIOKafkaConsumer
    from aiokafka.errors import KafkaTimeoutError

    async def silent(*arguments, **options):
        raise KafkaTimeoutError()

    publish(broker, "gone", [[1.0]])
    monkeypatch.setattr(AIOKafkaConsumer, "getmany", silent)
    with pytest.raises(ConnectionError, match="stopped answering: KafkaTimeoutError"):
        list(KafkaSource(broker, "gone", ("n",)).read())


def test_the_extra_is_named_where_aiokafka_is_missing(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    with pytest.raises(ModuleNotFoundError, match=r"anomaly-workshop\[kafka\]"):
        next(KafkaSource("x:1", "t", ("a",)).read())
    with pytest.raises(ModuleNotFoundError, match=r"anomaly-workshop\[kafka\]"):
        publish("x:1", "t", [[1.0]])
