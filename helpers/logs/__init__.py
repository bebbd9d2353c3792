"""Network logs of three formats: one table, one array, windows, and a report.

`read_log` reads (Zeek, Suricata, Elastic, journald, CICFlowMeter, CTU-13, UNSW-NB15,
AWS flow logs, FortiGate, Wireshark, ufw and what resembles them), `LogVectorizer` turns
lines into numbers, `log_windows` cuts them into sequences, `split_by_time` splits them
honestly, `daily_connections` counts what no line shows, `NormalRange` freezes what is
normal, and `write_report` says whether a new log is. `EventTokenizer` numbers the texts
of event logs; `record_events` makes such a log of your own functions: their calls and
returns.
"""

from helpers.logs.counts import daily_connections
from helpers.logs.event_predictions import TracePredictions
from helpers.logs.events import EventTokenizer, joined_events
from helpers.logs.fields import COLUMNS
from helpers.logs.lines import LogUnreadable
from helpers.logs.normal_range import NormalRange, Verdict
from helpers.logs.reading import read_log
from helpers.logs.reading_report import LogReport
from helpers.logs.recording import record_events
from helpers.logs.sequences import LogWindows, log_windows, split_by_time
from helpers.logs.vectorizer import LogVectorizer
from helpers.logs.verdict_report import write_report

__all__ = [
    "COLUMNS",
    "EventTokenizer",
    "LogReport",
    "LogUnreadable",
    "LogVectorizer",
    "LogWindows",
    "NormalRange",
    "TracePredictions",
    "Verdict",
    "daily_connections",
    "joined_events",
    "log_windows",
    "read_log",
    "record_events",
    "split_by_time",
    "write_report",
]
