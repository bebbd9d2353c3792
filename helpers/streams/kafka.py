"""Rows as messages of a Kafka topic: one partition, from an offset on.

**Order holds within a partition only.** A topic's partitions are read side by side, and
nothing says which of two messages in different partitions was sent first. A window
needs its rows in order, so a `KafkaSource` reads one partition: send what belongs
together (a machine, a sensor) to the same one, and read several partitions as several
streams, each with a detector of its own.

The offset is kept in the detector's checkpoint and nowhere else: the partition is
assigned, the offset sought, and no consumer group commits one of its own, so that what
was scored and where reading goes on can't disagree.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from helpers._arrays import as_count, as_number
from helpers.clock import Gaps
from helpers.extras import require
from helpers.streams.clocks import (
    LEARNED,
    AskedTime,
    StreamClock,
    Times,
    TimesReader,
    timed_format,
)
from helpers.streams.lines import RowFormat, cells_of, is_list, is_object, object_cells
from helpers.streams.rows import Rows
from helpers.text import first_line

__all__ = ["KafkaSource", "publish"]

_LOOK = 1.0  # seconds that one look for messages takes at most

Run = Callable[[Coroutine], Any]


@dataclass(frozen=True)
class KafkaSource:
    """The messages of one partition of a topic, each a row.

    A message is a line of a CSV, or a JSON object, which begins with a brace:
    `{"heat": 1.5, "motor": {"speed": 3}}` has the columns `heat` and `motor.speed`. An
    object has all `columns`, in any order; its other names are left out. A mark is an
    offset. Needs the extra `kafka`.

    Parameters
    ----------
    servers : "host:port", or several with commas between
    topic : its name
    columns : names of a line's cells, in their order, or of an object's values
    features : names of those that are scored; None: all but the label
    label : name of a cell of 0 and 1, for the expert; None: there is none
    partition : int; see the module's docstring
    wait : seconds without a new message after which the stream has ended;
        `math.inf`: never
    time, gaps, zone, day_first : the clock of the rows, as `CsvSource` has it; the time
        at which a message was sent says nothing of a row
    """

    servers: str
    topic: str
    columns: tuple[str, ...]
    features: tuple[str, ...] | None = None
    label: str | None = None
    partition: int = 0
    wait: float = 1.0
    time: AskedTime = None
    gaps: Gaps = "refuse"
    zone: str | None = None
    day_first: bool | None = None

    def read(self, mark: int | None = None) -> Iterator[Rows]:
        """Yield the rows from offset `mark` on; from the first one kept where None.

        Raises `ConnectionError` without a broker, `ValueError` on a topic or partition
        that is not there, an offset that is kept no more, and a message that is no row.
        """
        require("aiokafka", "a Kafka topic", extra="kafka")
        as_count(self.partition, "partition")
        if self.wait != np.inf:
            as_number(self.wait, "wait", least=0)
        self._format([])  # refuses names before anything is asked
        messages_of = _TimedMessages(self)
        with _told(self.servers), _background_loop() as run:
            run(_check_partition(self.servers, self._partition()))
            consumer = run(_started_consumer(self.servers))
            try:
                run(_seek(consumer, self._partition(), mark, LEARNED))
                for messages in self._messages(run, consumer):
                    yield from messages_of.read(messages, mark)
                yield from messages_of.clock.rest()
            finally:
                run(consumer.stop())

    def _partition(self) -> Any:
        from aiokafka import TopicPartition

        return TopicPartition(self.topic, self.partition)

    def _messages(self, run: Run, consumer: Any) -> Iterator[list]:
        partition = self._partition()
        quiet = time.monotonic()
        while True:
            look = 1000 * min(_LOOK, max(self.wait, 0.05))
            found = run(consumer.getmany(partition, timeout_ms=int(look)))
            if found:
                yield found[partition]
                quiet = time.monotonic()
            elif time.monotonic() - quiet >= self.wait and run(
                _at_the_end(consumer, partition)
            ):
                return

    def _format(self, first: Sequence[str]) -> RowFormat:
        return timed_format(self, self.columns, first, f"topic {self.topic!r}")


class _TimedMessages:
    """The messages of a topic as rows, and their clock, if they have one."""

    def __init__(self, source: KafkaSource) -> None:
        self._source = source
        self._topic = f"topic {source.topic!r}"
        self._rows_of: RowFormat | None = None
        self._times = TimesReader(source.zone, source.day_first)
        self.clock = StreamClock(
            source.gaps, lambda mark: f"offset {mark - 1}", self._topic
        )

    def read(self, messages: list, mark: int | None) -> Iterator[Rows]:
        """Yield the rows from offset `mark` on; those before it only set the clock."""
        begin = sum(message.offset < (mark or 0) for message in messages)
        if begin:
            with suppress(ValueError):  # a message that somebody went past
                rows, times = self._parsed(messages[:begin])
                if times is not None:
                    self.clock.go_on(times, times, rows.marks)
        if begin == len(messages):
            return
        rows, times = self._parsed(messages[begin:])
        if times is None:
            yield rows
        else:
            yield from self.clock.take(rows, times)

    def _parsed(self, messages: list) -> tuple[Rows, Times | None]:
        def where(i: int) -> str:
            return f"{self._topic}, offset {messages[i].offset}"

        columns = self._source.columns
        cells = [
            _cells(message.value, columns, where, i)
            for i, message in enumerate(messages)
        ]
        if self._rows_of is None:
            self._rows_of = self._source._format(cells[0])
        read = self._rows_of.read_cells(cells, where)
        offsets = np.array([message.offset for message in messages])
        rows = Rows(read.values, offsets + 1, read.labels)
        if read.stamps is None:
            return rows, None
        return rows, self._times.read(read.stamps, where)


def _cells(
    value: bytes | None, columns: Sequence[str], where: Callable[[int], str], i: int
) -> list[str]:
    """Return the cells of message i; raises `ValueError`, with `where(i)`."""
    if not value:
        raise ValueError(f"{where(i)} is empty; send a row, or go past it")
    if value[:1] == b"\0":
        raise ValueError(
            f"{where(i)} begins with a zero byte, as those of a schema registry do; "
            "send plain JSON objects or lines of a CSV"
        )
    try:
        text = value.decode().removeprefix("\ufeff").strip()
    except UnicodeDecodeError:
        raise ValueError(f"{where(i)} is no text in UTF-8") from None
    if is_object(text):
        return object_cells(text, columns, where(i))
    if is_list(text):
        raise ValueError(
            f"{where(i)} is a JSON list; send an object with names, or a line of a CSV"
        )
    return cells_of(text, where, i)


def publish(
    servers: str, topic: str, rows: Iterable[Sequence[float]], *, partition: int = 0
) -> int:
    """Send each row to a partition as one message, in order; return how many.

    The message is a line of a CSV, with every digit. Needs the extra `kafka`; raises
    `ConnectionError` without a broker, `ValueError` where the partition is missing.
    """
    require("aiokafka", "a Kafka topic", extra="kafka")
    with _told(servers), _background_loop() as run:
        return run(_send(servers, topic, rows, partition))


async def _send(servers: str, topic: str, rows: Iterable, partition: int) -> int:
    from aiokafka import AIOKafkaProducer

    producer = AIOKafkaProducer(bootstrap_servers=servers)
    await _started(producer, servers, producer.stop)
    try:
        known = await producer.partitions_for(topic)
        if partition not in known:
            raise ValueError(
                f"topic {topic!r} has no partition {partition}; there are "
                f"{sorted(known)}"
            )
        sent = 0
        for row in rows:
            line = ",".join(repr(float(value)) for value in row)
            await producer.send(topic, line.encode(), partition=partition)
            sent += 1
        await producer.flush()
        return sent
    finally:
        await producer.stop()


async def _started_consumer(servers: str) -> Any:
    from aiokafka import AIOKafkaConsumer

    consumer = AIOKafkaConsumer(
        bootstrap_servers=servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
    )
    await _started(consumer, servers, consumer.stop)
    return consumer


async def _started(client: Any, servers: str, stop: Callable) -> None:
    from aiokafka.errors import KafkaConnectionError

    try:
        await client.start()
    except KafkaConnectionError:
        await stop()
        raise ConnectionError(
            f"no Kafka broker answers at {servers}; is it running, and is the address "
            "right?"
        ) from None


async def _check_partition(servers: str, partition: Any) -> None:
    """Raise `ValueError` where it is not there. Nothing is created by asking."""
    from aiokafka.admin import AIOKafkaAdminClient

    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    await _started(admin, servers, admin.close)
    try:
        topics = await admin.describe_topics()
    finally:
        await admin.close()
    found = [one["partitions"] for one in topics if one["topic"] == partition.topic]
    numbers = sorted(one["partition"] for part in found for one in part)
    if partition.partition not in numbers:
        raise ValueError(
            f"{servers} has no partition {partition.partition} of a topic "
            f"{partition.topic!r}; there are {numbers or 'none'}"
        )


async def _seek(consumer: Any, partition: Any, mark: int | None, ahead: int) -> None:
    """Go to an offset, or `ahead` messages before it, which say what the step is."""
    consumer.assign([partition])
    first = (await consumer.beginning_offsets([partition]))[partition]
    last = (await consumer.end_offsets([partition]))[partition]
    if mark is not None and not first <= mark <= last:
        raise ValueError(
            f"topic {partition.topic!r} holds offsets {first} to {last}, but the "
            f"stream goes on at {mark}: those messages are gone; start the stream anew"
        )
    consumer.seek(partition, first if mark is None else max(first, mark - ahead))


async def _at_the_end(consumer: Any, partition: Any) -> bool:
    last = (await consumer.end_offsets([partition]))[partition]
    return await consumer.position(partition) >= last


@contextmanager
def _told(servers: str) -> Iterator[None]:
    """Turn what aiokafka raises into a `ConnectionError` of one line."""
    from aiokafka.errors import KafkaError

    try:
        yield
    except KafkaError as error:
        told = first_line(error)
        raise ConnectionError(f"Kafka at {servers} stopped answering: {told}") from None


@contextmanager
def _background_loop() -> Iterator[Run]:
    """Yield a function that awaits a coroutine in a thread of its own.

    In the main thread of a notebook a loop is running already. And messages go on
    arriving while the main thread scores.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(coroutine: Coroutine) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result()

    try:
        yield run
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
