"""Tables whose header is no CSV header: Zeek, W3C, AWS flow logs, UNSW-NB15."""

import ipaddress
import re
from typing import NamedTuple

__all__ = ["Header", "Marks", "flow_log_header", "headerless"]

_BLANKS = re.compile(r" {2,}")
_ESCAPED = re.compile(r"\\x([0-9a-fA-F]{2})")


class Header(NamedTuple):
    """The names of a table, and how its cells are told apart.

    plain: cells are cut at the separator, quotation marks mean nothing (Zeek, W3C)
    unset, empty: how a missing and an empty cell are written
    added: how many of the last cells have blanks between them, as labels that were
        added to a log of Zeek (IoT-23)
    """

    separator: str
    names: tuple[str, ...]
    plain: bool = False
    unset: str = "-"
    empty: str = "(empty)"
    added: int = 0

    def cells(self, text: str) -> list[str]:
        """Return the cells of a row of a `plain` table; "" where there is no value."""
        parts = text.split() if self.separator == " " else text.split(self.separator)
        if self.added:
            parts[-1:] = _BLANKS.split(parts[-1].strip(), self.added)
        return [
            "" if part in (self.unset, self.empty) else _unescaped(part)
            for part in parts
        ]

    def is_idle(self, cells: list[str]) -> bool:
        """Return whether a row of a flow log says that nothing was recorded."""
        if self.separator != " ":
            return False
        named = zip(self.names, cells, strict=True)
        return any(name == "log-status" and cell in _IDLE for name, cell in named)


_IDLE = ("NODATA", "SKIPDATA")


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text)


class Marks:
    """The lines with # above a table of Zeek (`#fields`) or W3C (`#Fields:`)."""

    def __init__(self) -> None:
        self.separator, self.unset, self.empty = "\t", "-", "(empty)"
        self._header: Header | None = None

    def read(self, text: str) -> None:
        """Take in one line; what is no mark of these is a remark."""
        if text.startswith("#separator"):
            self.separator = _unescaped(text[11:].strip()) or text[11:12] or "\t"
            return
        name, _, rest = text.partition(self.separator)
        if text.startswith("#Fields:"):
            self._header = Header(" ", tuple(text[8:].split()), plain=True)
        elif name == "#unset_field":
            self.unset = _unescaped(rest)
        elif name == "#empty_field":
            self.empty = _unescaped(rest)
        elif name == "#fields":
            *first, joined = rest.split(self.separator)
            last = _BLANKS.split(joined.strip())
            self._header = Header(
                self.separator, (*first, *last), True, self.unset, self.empty,
                added=len(last) - 1,
            )  # fmt: skip

    def header(self) -> Header | None:
        """Return the header that the marks gave so far, None before it."""
        return self._header


# --------------------------------------------------------------- VPC flow logs of AWS

_VPC = [
    "version", "account-id", "interface-id", "srcaddr", "dstaddr", "srcport", "dstport",
    "protocol", "packets", "bytes", "start", "end", "action", "log-status",
]  # fmt: skip
_VPC_MORE = [
    "vpc-id", "subnet-id", "instance-id", "tcp-flags", "type", "pkt-srcaddr",
    "pkt-dstaddr", "region", "az-id", "sublocation-type", "sublocation-id",
    "pkt-src-aws-service", "pkt-dst-aws-service", "flow-direction", "traffic-path",
    "ecs-cluster-arn", "ecs-cluster-name", "reject-reason",
]  # fmt: skip


_VPC_KINDS = ("ecs-", "tgw-", "packets-lost-", "resource-")


def flow_log_header(text: str) -> Header | None:
    """Return the names of a flow log's header in any order, else None."""
    names = text.split()
    known = set(_VPC + _VPC_MORE)
    if len(names) < 4 or not {"start", "srcaddr", "dstaddr"} <= set(names):
        return None
    ours = sum(name in known or name.startswith(_VPC_KINDS) for name in names)
    return Header(" ", tuple(names), plain=True) if ours > 0.8 * len(names) else None


def headerless(text: str) -> Header | None:
    """Return the names of a row of a product that writes no header, else None."""
    words = text.split()
    if len(words) in (14, 15) and _is_vpc(words[-14:]):
        names = ["delivered"] * (len(words) - 14) + _VPC
        return Header(" ", tuple(names), plain=True)
    cells = text.split(",")
    if len(cells) == 49 and _is_unsw(cells):
        return Header(",", tuple(_UNSW))
    return None


def _is_vpc(words: list[str]) -> bool:
    idle = words[-1] in _IDLE
    hosts = idle or (_is_address(words[3]) and _is_address(words[4]))
    return hosts and words[10].isdigit() and words[11].isdigit() and words[0].isdigit()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip())
    except ValueError:
        return False
    return True


_UNSW = [
    "srcip", "sport", "dstip", "dsport", "proto", "state", "dur", "sbytes", "dbytes",
    "sttl", "dttl", "sloss", "dloss", "service", "Sload", "Dload", "Spkts", "Dpkts",
    "swin", "dwin", "stcpb", "dtcpb", "smeansz", "dmeansz", "trans_depth",
    "res_bdy_len", "Sjit", "Djit", "Stime", "Ltime", "Sintpkt", "Dintpkt", "tcprtt",
    "synack", "ackdat", "is_sm_ips_ports", "ct_state_ttl", "ct_flw_http_mthd",
    "is_ftp_login", "ct_ftp_cmd", "ct_srv_src", "ct_srv_dst", "ct_dst_ltm",
    "ct_src_ltm", "ct_src_dport_ltm", "ct_dst_sport_ltm", "ct_dst_src_ltm",
    "attack_cat", "Label",
]  # fmt: skip


def _is_unsw(cells: list[str]) -> bool:
    counted = cells[28].strip().isdigit() and cells[29].strip().isdigit()
    return counted and _is_address(cells[0]) and _is_address(cells[2])
