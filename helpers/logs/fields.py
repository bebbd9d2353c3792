"""What a field is called, in which unit it comes, and what a label word means.

Names are compared without case, blanks and punctuation: `Source Address`, `source_ip`
and `SRC` are one field. The list covers the names of Zeek, Suricata, Elastic's common
schema, KDD99, CICFlowMeter, CTU-13, UNSW-NB15, AWS flow logs, FortiGate, Wireshark,
CEF, journald and iptables; tests/test_logs_products.py has a sample of each.
"""

import re
from functools import lru_cache
from typing import NamedTuple

__all__ = ["COLUMNS", "Field", "label_of", "resolve"]

COLUMNS = (
    "time",
    "source",
    "destination",
    "protocol",
    "port",
    "service",
    "duration",
    "bytes_sent",
    "bytes_received",
    "flag",
    "message",
)
NEEDED = ("time", "source", "destination")
TEXTS = ("source", "destination", "protocol", "service", "flag", "message")


class Field(NamedTuple):
    """A canonical column, and by what a value is multiplied or divided to fit it."""

    column: str
    unit: str = ""
    multiply: int = 1
    divide: int = 1

    def __str__(self) -> str:
        if not self.unit:
            return self.column
        change = f" × {self.multiply:,}" if self.multiply > 1 else ""
        change += f" / {self.divide:,}" if self.divide > 1 else ""
        return f"{self.column} (from {self.unit}{change})"


_NAMES = {
    "time": "time timestamp ts datetime epoch epochs epochms epochus unixtime start "
    "starttime flowstart eventtime eventstart logtime timems timeus timens when stime "
    "timecreated realtimetimestamp systemtime generatedtime receivetime "
    "frametime frametimeepoch frametimeutc devicereceipttime",
    "date": "date day logdate eventdate startdate",
    "tz": "tz timezone tzoffset utcoffset",
    "end": "end endtime ltime lasttime flowend eventend stoptime",
    "bytes_total": "totbytes totalbytes",
    "source": "source src srcip srcaddr srcaddress srchost sourceip sourceaddr "
    "sourceaddress sourcehost saddr sip from fromip client clientip idorigh orig "
    "origin sender ipsrc flowsrcip",
    "destination": "destination dst dest dstip dstaddr dstaddress dsthost destip "
    "destaddr destinationip destinationaddr destinationaddress destinationhost daddr "
    "dip to toip server serverip idresph resp target targetip receiver ipdst",
    "protocol": "protocol proto protocoltype ipproto ipprotocol transport "
    "networktransport l4proto transportprotocol wscolprotocol",
    "port": "port dstport destport destinationport dport dpt toport serverport "
    "idrespp respport targetport dsport tcpdstport udpdstport",
    "service": "service servicename app appproto application networkprotocol "
    "l7proto networkapplication",
    "duration": "duration dur seconds elapsed flowduration eventduration "
    "connectiontime flowage netflowage",
    "bytes_sent": "bytessent sentbytes sent srcbytes sourcebytes origbytes bytesout "
    "outbytes txbytes tx octetsout out upload bytestoserver flowbytestoserver sbytes "
    "totallengthoffwdpackets totallengthoffwdpacket totlenfwdpkts clientbytes "
    "sentbyte bytes netflowbytes",
    "bytes_received": "bytesreceived receivedbytes rcvd recv received rcvdbytes "
    "recvbytes dstbytes destinationbytes destbytes respbytes bytesin inbytes rxbytes "
    "rx octetsin in download bytestoclient flowbytestoclient dbytes "
    "totallengthofbwdpackets totallengthofbwdpacket totlenbwdpkts serverbytes "
    "rcvdbyte",
    "flag": "flag flags connstate connectionstate state status tcpflag flowstate "
    "action",
    "message": "message msg text content info wscolinfo description event logmessage "
    "detail details",
    "label": "label class isattack attack malicious ismalicious anomaly isanomaly "
    "verdict target_label labels attackcat attacktype groundtruth truth y",
}
_COLUMN_OF = {
    name.replace("_", ""): column
    for column, names in _NAMES.items()
    for name in names.split()
}
_TIME_UNITS = {
    "seconds": 1, "secs": 1, "sec": 1, "s": 1,
    "milliseconds": 1_000, "millis": 1_000, "msec": 1_000, "ms": 1_000,
    "microseconds": 1_000_000, "micros": 1_000_000, "usec": 1_000_000,
    "us": 1_000_000, "nanoseconds": 10**9, "nanos": 10**9, "ns": 10**9,
}  # fmt: skip
_LONG_UNITS = {
    "minutes": 60, "minute": 60, "mins": 60, "min": 60,
    "hours": 3600, "hour": 3600, "hrs": 3600, "h": 3600,
}  # fmt: skip
_SIZE_UNITS = {
    "bytes": 1, "byte": 1, "octets": 1, "b": 1,
    "kb": 10**3, "kilobytes": 10**3, "mb": 10**6, "megabytes": 10**6,
    "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30,
}  # fmt: skip
# names whose makers fixed a unit that the name does not tell
_FIXED = {
    "flowduration": Field("duration", "microseconds", divide=1_000_000),
    "eventduration": Field("duration", "nanoseconds", divide=10**9),
    "microseconds": Field("duration", "microseconds", divide=1_000_000),
    "milliseconds": Field("duration", "milliseconds", divide=1_000),
}


@lru_cache(maxsize=4096)
def resolve(name: str) -> Field | None:
    """Return the field that `name` stands for, with its unit, or None.

    `kB out`, `out_kb`, `Duration (ms)` and `duration_s` carry their unit in the name.
    """
    if name.startswith("_") and name.isupper() and name != "__REALTIME_TIMESTAMP":
        return None  # what journald itself adds: `_TRANSPORT` is no protocol
    # of pandas and MongoDB
    name = re.sub(r"(?:\.\d{1,2}|(?:\.\$date)?(?:\.\$numberLong)?)$", "", name)
    words = [word for word in re.split(r"[\W_]+", name[:80].casefold()) if word]
    plain = "".join(words)
    if plain in _FIXED:
        return _FIXED[plain]
    if plain in _COLUMN_OF:
        return Field(_COLUMN_OF[plain])
    for rest, unit in ((words[:-1], words[-1:]), (words[1:], words[:1])):
        field = _with_unit("".join(rest), "".join(unit))
        if field is not None:
            return field
    return None


def _with_unit(plain: str, unit: str) -> Field | None:
    column = _COLUMN_OF.get(plain)
    if column == "duration" and unit in _TIME_UNITS:
        return Field(column, unit, divide=_TIME_UNITS[unit])
    if column == "time" and unit in _TIME_UNITS:
        return Field(column)  # ts_ms: its size tells what it counts
    if column == "duration" and unit in _LONG_UNITS:
        return Field(column, unit, multiply=_LONG_UNITS[unit])
    if column in ("bytes_sent", "bytes_received") and unit in _SIZE_UNITS:
        return Field(column, unit, multiply=_SIZE_UNITS[unit])
    return None


def unit_factor(column: str, unit: str) -> tuple[int, int] | None:
    """Return by what to multiply and divide a value with this unit, or None."""
    if column == "duration" and unit in _TIME_UNITS:
        return 1, _TIME_UNITS[unit]
    if column == "duration" and unit in _LONG_UNITS:
        return _LONG_UNITS[unit], 1
    if column in ("bytes_sent", "bytes_received") and unit.casefold() in _SIZE_UNITS:
        return _SIZE_UNITS[unit.casefold()], 1
    return None


PROTOCOLS = {
    "1": "icmp", "2": "igmp", "6": "tcp", "17": "udp", "47": "gre", "50": "esp",
    "51": "ah", "58": "icmp6", "89": "ospf", "132": "sctp",
    "icmpv6": "icmp6", "ipv6-icmp": "icmp6",
}  # fmt: skip

_NORMAL_WORDS = (
    "0 normal benign good ok clean legit legitimate background none false no - n"
)
_ATTACK_WORDS = (
    "1 attack attacks malicious anomaly anomalous abnormal bad intrusion true yes y "
    "threat scan portscan flood dos ddos syn-flood synflood bruteforce exfiltration "
    "infiltration infilteration botnet bot probe r2l u2r doshulk dosgoldeneye "
    "dosslowloris dosslowhttptest ftp-patator ssh-patator heartbleed fuzzers exploits "
    "reconnaissance backdoor backdoors shellcode worms"
)
# CIC-IDS2017 to 2019: Web Attack - XSS, DDOS attack-HOIC, SSH-Bruteforce, DrDoS_NTP
_ATTACKS = (
    "web attack", "ddos ", "ddos-", "drdos_", "dos ", "dos-", "dos attack",
    "brute force", "ssh-bruteforce", "ftp-bruteforce", "sql injection", "malicious ",
)  # fmt: skip
_LABELS = dict.fromkeys(_NORMAL_WORDS.split(), 0) | dict.fromkeys(
    _ATTACK_WORDS.split(), 1
)


def label_of(word: str) -> int | None:
    """Return 0 for a word that means normal, 1 for attack, None for another word."""
    short = word.strip().rstrip(".").casefold()
    if short in ("0.0", "1.0"):
        short = short[0]
    if short.startswith("flow="):  # CTU-13: flow=From-Botnet-V42-TCP-Established
        return _flow_label(short)
    if short.startswith(_ATTACKS):
        return 1
    return _LABELS.get(re.sub(r"[\s_]+", "", short) or short)


def _flow_label(short: str) -> int | None:
    words = re.split(r"\W+", short.removeprefix("flow="))
    if "botnet" in words[:3]:
        return 1
    return 0 if {"normal", "background"} & set(words[:2]) else None
