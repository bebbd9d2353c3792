"""A sample in each product's own file format, made here, gives the right values."""

import bz2
import gzip
import io
import json
import lzma
import os
import zipfile

import pandas as pd
import pytest

from helpers.logs import LogUnreadable, read_log

ZEEK = """#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#open\t2024-01-08-10-00-00
#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\ttunnel_parents
#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\tset[string]
1704708000.500000\tC"1\t10.0.0.1\t50000\t10.0.0.2\t53\tudp\tdns\t0.012500\t40\t90\tSF\t(empty)
1704708001.000000\tC2\t10.0.0.1\t50001\t10.0.0.3\t443\ttcp\t-\t-\t-\t-\tS0\t(empty)
#close\t2024-01-08-11-00-00
"""
CIC = """Flow ID, Source IP, Source Port, Destination IP, Destination Port, Protocol, Timestamp, Flow Duration, Total Fwd Packets,Total Length of Fwd Packets, Total Length of Bwd Packets, Label
192.168.10.5-8.8.8.8-1-53-17,192.168.10.5,50000,8.8.8.8,53,17,03/07/2017 08:55:58 AM,1500000,2,80,200,BENIGN
192.168.10.5-8.8.8.8-1-53-6,192.168.10.5,50001,8.8.8.8,80,6,03/07/2017 01:05:58 PM,12,2,6,0,DoS Hulk
"""  # noqa: E501
CTU = """StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label
2011/08/10 09:46:59.607825,1.026539,tcp,94.44.127.113,1577,   ->,147.32.84.59,6881,S_RA,0,0,4,276,156,flow=Background-Established-cmpgw-CVUT
2011/08/10 09:47:00.634364,0.5,udp,147.32.84.165,1025,  <->,147.32.80.9,53,CON,0,0,2,203,64,flow=From-Botnet-V42-UDP-DNS
"""  # noqa: E501
UNSW = (
    "59.166.0.0,1390,149.171.126.6,53,udp,CON,0.001055,132,164,31,29,0,0,dns,"
    "500473.9375,621800.9375,2,2,0,0,0,0,66,82,0,0,0,0,1421927414,1421927414,0.017,"
    "0.013,0,0,0,0,0,0,0,0,3,7,1,3,1,1,1,,0\n"
    "175.45.176.0,21223,149.171.126.18,32780,udp,INT,0.000021,728,0,254,0,0,0,-,"
    "138666672,0,2,0,0,0,0,0,364,0,0,0,0,0,1421927415,1421927415,0.021,"
    "0,0,0,0,0,0,0,0,0,1,1,1,1,1,1,1,Exploits,1\n"
)
VPC_HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets "
    "bytes start end action log-status\n"
)
VPC = (
    "2 123456789010 eni-1a 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 "
    "1418530070 ACCEPT OK\n"
    "2 123456789010 eni-1a - - - - - - - 1418530071 1418530130 - NODATA\n"
    "2 123456789010 eni-1a 172.31.9.69 172.31.9.12 49761 3389 6 20 4249 1418530131 "
    "1418530190 REJECT OK\n"
)
WIRESHARK = """"No.","Time","Source","Destination","Protocol","Length","Info"
"1","0.000000","10.0.0.1","10.0.0.2","TCP","74","50000  >  443 [SYN] Seq=0 Win=64240"
"2","1.250000","10.0.0.2","10.0.0.1","DNS","66","Standard query, ""a"" = 1"
"""
FORTIGATE = (
    '<189>date=2024-01-02 time=03:04:05 devname="FW1" devid="FG1" '
    'eventtime=1704161045123456789 tz="+0100" logid="0000000013" type="traffic" '
    'subtype="forward" level="notice" vd="root" srcip=10.0.0.1 srcport=50000 '
    'srcintf="port1" dstip=93.184.216.34 dstport=443 dstintf="wan1" proto=6 '
    'action="close" policyid=1 service="HTTPS" duration=10 sentbyte=1200 '
    "rcvdbyte=3400 sentpkt=9\n"
)
UFW = (
    "2024-01-08T10:00:00.123456+01:00 host kernel: [ 1234.5] [UFW BLOCK] IN=eth0 OUT= "
    "MAC=01:00 SRC=203.0.113.9 DST=10.0.0.2 LEN=60 TOS=0x00 PREC=0x00 TTL=51 ID=1 DF "
    "PROTO=TCP SPT=44000 DPT=22 WINDOW=1024 RES=0x00 SYN URGP=0 \n"
    "2024-01-08T10:00:01+01:00 host kernel: [ 1235.5] [UFW BLOCK] IN= OUT=eth0 "
    "SRC=10.0.0.2 DST=203.0.113.9 LEN=88 PROTO=ICMP TYPE=3 CODE=3 "
    "[SRC=203.0.113.9 DST=10.0.0.2 LEN=60 PROTO=UDP SPT=1 DPT=2 LEN=40 ]\n"
)
EVE = {
    "timestamp": "2024-01-08T10:00:00.250000+0200", "flow_id": 1, "event_type": "flow",
    "src_ip": "10.0.0.1", "src_port": 50000, "dest_ip": "10.0.0.2", "dest_port": 443,
    "proto": "TCP", "app_proto": "tls",
    "flow": {"pkts_toserver": 5, "bytes_toserver": 600, "bytes_toclient": 4000,
             "age": 3, "state": "closed"},
}  # fmt: skip
JOURNAL = {
    "__REALTIME_TIMESTAMP": "1704708000123456", "_TRANSPORT": "kernel",
    "PRIORITY": "4", "_HOSTNAME": "fw", "SYSLOG_IDENTIFIER": "kernel",
    "MESSAGE": "[UFW BLOCK] IN=eth0 OUT= SRC=203.0.113.9 DST=10.0.0.2 LEN=60 "
    "PROTO=TCP SPT=44000 DPT=22 SYN URGP=0 ",
}  # fmt: skip
W3C = """#Version: 1.5
#Software: Microsoft Windows Firewall
#Time Format: Local
#Fields: date time action protocol src-ip dst-ip src-port dst-port size
2024-01-08 10:00:00 DROP TCP 10.0.0.9 10.0.0.2 50000 445 52
"""
IOT = """#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#fields\tts\tid.orig_h\tid.resp_h\tid.resp_p\tproto\torig_bytes\ttunnel_parents   label   detailed-label
#types\ttime\taddr\taddr\tport\tenum\tcount\tset[string]   string   string
1704708000.500000\t10.0.0.1\t10.0.0.2\t23\ttcp\t0\t-   Malicious   PartOfAHorizontalPortScan
1704708001.000000\t10.0.0.1\t10.0.0.3\t443\ttcp\t7\t(empty)   Benign   -
"""  # noqa: E501
VPC_6 = (
    "version resource-type account-id tgw-id tgw-attachment-id srcaddr dstaddr srcport "
    "dstport protocol packets bytes start end log-status packets-lost-no-route\n"
    "6 TransitGateway 1 tgw-1 tgw-attach-1 10.0.0.1 10.0.0.2 5 443 6 1 100 1418530010 "
    "1418530070 OK 0\n"
)
NETFLOW = {**EVE, "event_type": "netflow", "flow": {},
           "netflow": {"pkts": 2, "bytes": 120, "age": 1}}  # fmt: skip
TSHARK = (
    "frame.time_epoch\tip.src\tip.dst\t_ws.col.Protocol\ttcp.dstport\tframe.len\n"
    "1704708000.5\t10.0.0.1\t10.0.0.2\tTCP\t443\t60\n"
)
CIC_2018 = """Flow ID,Src IP,Src Port,Dst IP,Dst Port,Protocol,Timestamp,Flow Duration,TotLen Fwd Pkts,TotLen Bwd Pkts,Label
a,172.31.69.25,94,18.219.211.138,80,6,20/02/2018 08:34:07,888751,1179.0,1969.0,DDoS attacks-LOIC-HTTP
a,172.31.69.25,94,18.219.211.138,0,0,20/02/2018 08:34:08,1,0,0,Benign
a,172.31.69.25,94,18.219.211.138,22,6,20/02/2018 08:34:09,1,0,0,SSH-Bruteforce
"""  # noqa: E501
CEF = (
    r"<13>Jan 8 10:00:00 fw CEF:0|V|Pro\|duct|1.0|100|a=b|5|"
    r"rt=Jan 08 2024 11:00:00 CET src=10.0.0.1 spt=50000 dst=10.0.0.2 dpt=443 "
    r"proto=TCP in=20 out=10 app=HTTPS msg=hello a\=b world request=http://x/?q\=1"
    "\n"
)
SONICWALL = (
    'id=firewall sn=00 time="2024-01-08 10:00:00 UTC" fw=1.1.1.1 pri=6 src=10.0.0.1:'
    "50000:X0 dst=10.0.0.2:443:X1:host proto=tcp sent=10 rcvd=20\n"
)
NAMES = [
    "time", "source", "destination", "protocol", "port", "service", "duration",
    "bytes_sent", "bytes_received", "flag", "label",
]  # fmt: skip


def first(text, at=0, **known):
    records, report = read_log(text.splitlines(), **known)
    row = records[NAMES].iloc[at]
    found = [None if pd.isna(value) or value == "" else value for value in row]
    found[0] = found[0].isoformat().removesuffix("+00:00")
    return found, report


@pytest.mark.parametrize(
    ("text", "at", "wanted"),
    [
        (ZEEK, 0, ["2024-01-08T10:00:00.500000", "10.0.0.1", "10.0.0.2", "udp", 53,
                   "dns", 0.0125, 40, 90, "SF", None]),
        (ZEEK, 1, ["2024-01-08T10:00:01", "10.0.0.1", "10.0.0.3", "tcp", 443, None,
                   None, None, None, "S0", None]),
        (CIC, 0, ["2017-07-03T08:55:58", "192.168.10.5", "8.8.8.8", "udp", 53, None,
                  1.5, 80, 200, None, 0]),
        (CIC, 1, ["2017-07-03T13:05:58", "192.168.10.5", "8.8.8.8", "tcp", 80, None,
                  0.000012, 6, 0, None, 1]),
        (CTU, 0, ["2011-08-10T09:46:59.607825", "94.44.127.113", "147.32.84.59", "tcp",
                  6881, None, 1.026539, 156, 120, "S_RA", 0]),
        (CTU, 1, ["2011-08-10T09:47:00.634364", "147.32.84.165", "147.32.80.9", "udp",
                  53, None, 0.5, 64, 139, "CON", 1]),
        (UNSW, 0, ["2015-01-22T11:50:14", "59.166.0.0", "149.171.126.6", "udp", 53,
                   "dns", 0.001055, 132, 164, "CON", 0]),
        (UNSW, 1, ["2015-01-22T11:50:15", "175.45.176.0", "149.171.126.18", "udp",
                   32780, None, 0.000021, 728, 0, "INT", 1]),
        (VPC, 0, ["2014-12-14T04:06:50", "172.31.16.139", "172.31.16.21", "tcp", 22,
                  None, 60, 4249, None, "ACCEPT", None]),
        (VPC_HEADER + VPC, 1, ["2014-12-14T04:08:51", "172.31.9.69", "172.31.9.12",
                               "tcp", 3389, None, 59, 4249, None, "REJECT", None]),
        (FORTIGATE, 0, ["2024-01-02T02:04:05", "10.0.0.1", "93.184.216.34", "tcp", 443,
                        "https", 10, 1200, 3400, "CLOSE", None]),
        (UFW, 0, ["2024-01-08T09:00:00.123456", "203.0.113.9", "10.0.0.2", "tcp", 22,
                  None, None, None, None, None, None]),
        (UFW, 1, ["2024-01-08T09:00:01", "10.0.0.2", "203.0.113.9", "icmp", None, None,
                  None, None, None, None, None]),
        (json.dumps(EVE), 0, ["2024-01-08T08:00:00.250000", "10.0.0.1", "10.0.0.2",
                              "tcp", 443, "tls", 3, 600, 4000, "CLOSED", None]),
        (json.dumps(JOURNAL), 0, ["2024-01-08T10:00:00.123456", "203.0.113.9",
                                  "10.0.0.2", "tcp", 22, None, None, None, None, None,
                                  None]),
        (IOT, 0, ["2024-01-08T10:00:00.500000", "10.0.0.1", "10.0.0.2", "tcp", 23, None,
                  None, 0, None, None, 1]),
        (IOT, 1, ["2024-01-08T10:00:01", "10.0.0.1", "10.0.0.3", "tcp", 443, None, None,
                  7, None, None, 0]),
        (VPC_6, 0, ["2014-12-14T04:06:50", "10.0.0.1", "10.0.0.2", "tcp", 443, None, 60,
                    100, None, None, None]),
        (json.dumps(NETFLOW), 0, ["2024-01-08T08:00:00.250000", "10.0.0.1", "10.0.0.2",
                                  "tcp", 443, "tls", 1, 120, None, None, None]),
        (TSHARK, 0, ["2024-01-08T10:00:00.500000", "10.0.0.1", "10.0.0.2", "tcp", 443,
                     None, None, None, None, None, None]),
        (CIC_2018, 0, ["2018-02-20T08:34:07", "172.31.69.25", "18.219.211.138", "tcp",
                       80, None, 0.888751, 1179, 1969, None, 1]),
        (CIC_2018, 2, ["2018-02-20T08:34:09", "172.31.69.25", "18.219.211.138", "tcp",
                       22, None, 0.000001, 0, 0, None, 1]),
        (CEF, 0, ["2024-01-08T10:00:00", "10.0.0.1", "10.0.0.2", "tcp", 443, "https",
                  None, 10, 20, None, None]),
        (SONICWALL, 0, ["2024-01-08T10:00:00", "10.0.0.1", "10.0.0.2", "tcp", 443, None,
                        None, 10, 20, None, None]),
        (W3C, 0, ["2024-01-08T10:00:00", "10.0.0.9", "10.0.0.2", "tcp", 445, None, None,
                  None, None, "DROP", None]),
    ],
)  # fmt: skip
def test_the_values_of_each_product(text, at, wanted):
    found, report = first(text, at)
    assert found == wanted
    assert not report.bad_values
    assert not report.conflicts


@pytest.mark.parametrize(
    ("words", "label"),
    [
        ("Background-UDP-Established", 0),
        ("To-Background-UDP-CVUT-DNS-Server", 0),
        ("From-Normal-V50-Grill", 0),
        ("From-Botnet-V50-1-TCP-CC", 1),
        ("Unknown", None),
    ],
)
def test_what_a_label_of_ctu_13_says(words, label):
    lines = CTU.splitlines()
    lines[1] = lines[1].replace("Background-Established-cmpgw-CVUT", words)
    lines[1] = lines[1].replace(",6881,", ",0x0303,")
    records, report = read_log(lines[:2])
    found = records["label"].iloc[0]
    assert label is None if pd.isna(found) else found == label
    assert records["port"].tolist() == [0x303]
    assert "1 value of port hexadecimal, as 0x0303" in report.notes


def test_interfaces_that_begin_with_a_digit_are_no_bytes():
    text = UFW.replace("IN=eth0 OUT= ", "IN=6in4-wan OUT= ")
    records, report = read_log(text.splitlines())
    assert records["bytes_received"].isna().all()
    assert not report.bad_values
    line = "2024-01-08T10:00:00Z x src=a dst=b in=1,500 out=0x10 dur=0.5"
    counted = read_log([line])[0].iloc[0]
    assert (counted["bytes_received"], counted["bytes_sent"]) == (1500, 16)


def test_values_of_cef_hold_blanks_and_escapes():
    inside = json.dumps({"@timestamp": "2024-01-08T10:00:00Z", "message": CEF})
    for line in (CEF, inside):
        row = read_log([line])[0].iloc[0]
        assert row["destination"] == "10.0.0.2"
    assert read_log([CEF])[0]["message"].tolist() == ["hello a=b world"]
    lines = [CEF.rstrip(), CEF.partition(" msg=")[0]]
    assert len(read_log(lines)[0]) == 2  # none of them was cut
    bare = "CEF:0|V|P|1|100|N|5|"
    report = read_log([bare, f"{bare}src=a dst=b rt=1704708000000"])[1]
    assert report.unreadable == {1: "no key=value in the line"}


@pytest.mark.parametrize(
    "end", ["INCOMPLETE [8 bytes]", "OPT (020405B40402080A) ", "MARK=0x1"]
)
def test_what_iptables_writes_behind_the_last_pair(end):
    line = UFW.splitlines()[0].replace(" URGP=0 ", f" URGP=0 {end}")
    assert read_log([line])[0]["port"].tolist() == [22]


def test_seconds_of_the_kernel_count_from_a_start():
    line = "[12345.500000] [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DST=10.0.0.2 DPT=22"
    times = read_log([line], start="2024-01-08T00:00Z")[0]["time"]
    assert times.tolist() == [pd.Timestamp("2024-01-08 03:25:45.5", tz="UTC")]


@pytest.mark.parametrize(
    "pairs",
    [
        "src=10.0.0.1; dst=10.0.0.2; dpt=443;",
        "src=10.0.0.1, dst=10.0.0.2, dpt=443",
        "[src=10.0.0.1 dst=10.0.0.2 dpt=443]",
        "(dpt=443 src=10.0.0.1 dst=10.0.0.2)",
        "<dpt=443> <src=10.0.0.1> <dst=10.0.0.2>",
        "src='10.0.0.1' dst='10.0.0.2' dpt='443' msg='a b=c'",
        'src="10.0.0.1"; dst="10.0.0.2"; dpt="443"]',
    ],
)
def test_marks_between_and_around_pairs_are_no_part_of_values(pairs):
    records, report = read_log([f"2024-01-08T10:00:00Z fw {pairs}"])
    found = records[["source", "destination", "port"]].iloc[0].tolist()
    assert found == ["10.0.0.1", "10.0.0.2", 443]
    assert not report.bad_values


@pytest.mark.parametrize(
    ("destination", "port", "host", "wanted"),
    [
        ("10.0.0.2:443", "", "10.0.0.2", 443),
        ("[2001:db8::1]:443", "", "2001:db8::1", 443),
        ("[::1]", "80", "::1", 80),
        ("Web-1.example:8080", "", "web-1.example", 8080),
        ("10.0.0.2.443", "", "10.0.0.2", 443),
        ("10.0.0.2:443", "99999", "10.0.0.2", 443),
        ("10.0.0.2:443", "80", "10.0.0.2", 80),
        ("2001:db8::443", "", "2001:db8::443", None),
        ("aa:bb:cc:dd:ee:ff", "", "aa:bb:cc:dd:ee:ff", None),
        ("10.0.0.2:99999", "", "10.0.0.2:99999", None),
        ("::ffff:10.0.0.2", "", "::ffff:10.0.0.2", None),
        ("00:11", "", "00:11", None),
    ],
)
def test_a_port_behind_an_address_is_taken_off_and_said(
    destination, port, host, wanted
):
    lines = ["time,src,dst,dport", f"2024-01-08T10:00:00Z,a:5,{destination},{port}"]
    records, report = read_log(lines)
    assert records["source"].tolist() == ["a"]
    assert records["destination"].tolist() == [host]
    found = records["port"].iloc[0]
    assert wanted is None if pd.isna(found) else found == wanted
    told = "1 port behind destination, as in" in str(report.notes)
    assert told == (host != destination.casefold() and ":" not in destination[-1:]
                    and destination != "[::1]")  # fmt: skip
    assert report.conflicts == ({"port": (2,)} if wanted == 80 and told else {})
    assert report.bad_values == {}
    if wanted == 443:
        assert report.used["port"] == {"dst": 1}


def test_a_log_of_zeek_without_hosts_says_which_name_is_missing():
    lines = ["#separator \\x09", "#fields\tts\tfuid\ttx_hosts\tsource", "1\tF\tb\tHTTP"]
    with pytest.raises(LogUnreadable, match=r"first line: #fields .* no name of dest"):
        read_log(lines)


def test_a_message_of_journald_that_is_bytes_is_text():
    message = list(JOURNAL["MESSAGE"].encode())
    records, report = read_log([json.dumps({**JOURNAL, "MESSAGE": message})])
    assert records["message"].tolist() == [JOURNAL["MESSAGE"].strip()]
    assert not report.bad_values


def test_times_and_counts_of_mongodb_are_read():
    wrapped = {"time": {"$date": {"$numberLong": "1704708000000"}},
               "src": "a", "dst": "b", "bytes": {"$numberLong": "7"}}  # fmt: skip
    row = read_log([json.dumps(wrapped)])[0].iloc[0]
    assert (row["time"].hour, row["bytes_sent"]) == (10, 7)


def test_objects_of_several_lines_are_called_so():
    texts = json.dumps(EVE, indent=1).splitlines()
    with pytest.raises(LogUnreadable, match=r"its JSON objects have several lines"):
        read_log(texts * 2)


def test_wiresharks_seconds_are_named_and_count_from_a_start():
    with pytest.raises(LogUnreadable, match="seconds from a start, without a date"):
        read_log(WIRESHARK.splitlines())
    found, _ = first(WIRESHARK, 1, start="2024-01-08T10:00:00+07:00")
    assert found[:4] == ["2024-01-08T03:00:01.250000", "10.0.0.2", "10.0.0.1", "dns"]
    records, _ = read_log(WIRESHARK.splitlines(), start="2024-01-08")
    assert records["message"].iloc[1] == 'Standard query, "a" = 1'


@pytest.mark.parametrize(
    ("text", "protocol"),
    [("6", "tcp"), ("6.0", "tcp"), ("17.0", "udp"), ("TCP", "tcp"), ("h2.0", "h2.0")],
)
def test_a_protocol_by_number_has_its_name(text, protocol):
    lines = ["time,src,dst,proto", f"2024-01-08T10:00:00Z,a,b,{text}"]
    assert read_log(lines)[0]["protocol"].tolist() == [protocol]


def test_an_interval_without_flows_says_so():
    report = read_log(VPC.splitlines())[1]
    assert list(report.unreadable) == [2]
    assert report.unreadable[2].startswith("NODATA")


def test_the_day_comes_first_in_cicflowmeters_files_and_this_is_said():
    report = read_log(CIC.splitlines())[1]
    assert "day first, as CICFlowMeter writes" in report.notes


def test_ufw_lines_without_a_year_ask_for_it():
    lines = [
        "Dec 31 23:59:59 host kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DST=b",
        "Jan  1 00:00:01 host kernel: [UFW BLOCK] IN=eth0 OUT= SRC=10.0.0.1 DST=b",
    ]
    with pytest.raises(LogUnreadable, match="the time has no year"):
        read_log(lines)
    times = read_log(lines, year=2023)[0]["time"]
    assert [str(one)[:19] for one in times] == [
        "2023-12-31 23:59:59",
        "2024-01-01 00:00:01",
    ]


# ------------------------------------------------------------------------- files


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_and_their_torn_ends(pack, tmp_path):
    path = tmp_path / "conn.log.packed"
    path.write_bytes(pack(ZEEK.encode()))
    records, report = read_log(path)
    assert records["port"].tolist() == [53, 443]
    assert not report.unreadable
    whole = pack(os.urandom(400).hex().encode() + b"\n" + UFW.encode() * 3000)
    torn = read_log(io.BytesIO(whole[:-20]))[1] if pack is gzip.compress else None
    assert torn is None or any("ends too early" in note for note in torn.notes)


def line(minute, host="a"):
    return f"2024-01-08T10:{minute:02}:00Z fw src=10.0.0.{minute} dst={host} x=1\n"


def test_a_folder_of_rotated_files_is_read_oldest_first_with_provenance(tmp_path):
    (tmp_path / "fw.log").write_text(line(4))
    (tmp_path / "fw.log.1").write_text("\n" + line(3))
    (tmp_path / "fw.log.2.gz").write_bytes(gzip.compress(line(2).encode()))
    (tmp_path / "fw.log.10.xz").write_bytes(lzma.compress(line(1).encode()))
    (tmp_path / "notes.txt").write_text("hello\n")
    (tmp_path / ".hidden").write_text(line(5))
    for source in (str(tmp_path), f"{tmp_path}/*", tmp_path):
        records, report = read_log(source)
        assert records["source"].tolist() == [f"10.0.0.{n}" for n in (1, 2, 3, 4)]
        assert records["file"].tolist() == [
            "fw.log.10.xz", "fw.log.2.gz", "fw.log.1", "fw.log",
        ]  # fmt: skip
        assert records.index.tolist() == [1, 1, 2, 1]
        assert report.source == "4 files"
        assert (report.records, report.lines, report.blank) == (4, 5, 1)
        assert any("left out: notes.txt" in note for note in report.notes)


def test_pieces_that_are_no_order_of_time_are_said(tmp_path):
    (tmp_path / "fw.log.old").write_text(line(3))
    (tmp_path / "fw.log").write_text(line(4))
    (tmp_path / "dns.log").write_text(line(1))
    records, report = read_log(tmp_path)
    assert records["file"].tolist() == ["dns.log", "fw.log.old", "fw.log"]
    assert not report.notes
    (tmp_path / "fw.log.1").write_text(line(9))
    (tmp_path / "fw.log.old").unlink()
    told = "fw.log: begins 300 s before fw.log.1, read before it, ends"
    assert read_log(tmp_path)[1].notes == (told,)


def test_a_list_of_paths_of_several_devices(tmp_path):
    paths = [tmp_path / "b.log", tmp_path / "a.log"]
    paths[0].write_text(line(1, "b") + line(1, "b") + "rubbish\n")
    paths[1].write_text(line(2, "a"))
    for source in (paths, list(map(str, paths))):
        records, report = read_log(source)
        assert records["file"].tolist() == ["b.log", "b.log", "a.log"]
        assert records["destination"].tolist() == ["b", "b", "a"]
        assert list(report.unreadable) == ["b.log:3"]
        assert report.duplicates == ("b.log:2",)
        assert report.unknown_fields == {"x": 3}
    with pytest.raises(LogUnreadable, match=r"c\.log can't be read: No such file"):
        read_log([*paths, tmp_path / "c.log"])


def test_a_file_that_is_there_twice_is_read_once(tmp_path):
    (tmp_path / "fw.log.1").write_text(line(3))
    (tmp_path / "fw.log.1.gz").write_bytes(gzip.compress(line(3).encode()))
    (tmp_path / "fw.log").write_text(line(4))
    same = tmp_path / "fw.log"
    for source in (tmp_path, [same, same, tmp_path / "fw.log.1"]):
        records, report = read_log(source)
        assert records["source"].tolist() == ["10.0.0.3", "10.0.0.4"]
        assert any("holds the same lines as fw.log" in note for note in report.notes)


def test_a_list_of_folders_of_several_devices(tmp_path):
    for name, minute in (("fw2", 5), ("fw1", 3)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "fw.log").write_text(line(minute, name))
        (tmp_path / name / "fw.log.1").write_text(line(minute - 1, name))
    folders = [f"{tmp_path}/fw2", f"{tmp_path}/fw1"]
    records, report = read_log(folders)
    assert records["file"].tolist() == [
        f"{name}/fw.log{end}" for name in ("fw2", "fw1") for end in (".1", "")
    ]
    assert records["destination"].tolist() == ["fw2", "fw2", "fw1", "fw1"]
    assert report.source == "4 files"


def test_a_pattern_reaches_folders_in_folders(tmp_path):
    for day in (7, 8):
        (tmp_path / "zeek" / f"2024-01-0{day}").mkdir(parents=True)
        (tmp_path / "zeek" / f"2024-01-0{day}" / "conn.log").write_text(line(day))
    assert len(read_log(f"{tmp_path}/**/conn.log")[0]) == 2
    with pytest.raises(LogUnreadable, match=r"folder without a file; .*\*\*/\*\.log"):
        read_log(tmp_path / "zeek")


def test_a_list_of_paths_whose_first_ones_are_missing_says_so(tmp_path):
    (tmp_path / "b.log").write_text(line(1))
    with pytest.raises(LogUnreadable, match=r"x\.log can't be read: No such file"):
        read_log([f"{tmp_path}/{name}.log" for name in "xyb"])


def test_rotated_files_without_a_year_go_on_where_the_last_ended(tmp_path):
    (tmp_path / "m.1").write_text("Dec 30 10:00:00 h k: src=a dst=b\n")
    (tmp_path / "m").write_text("Jan 2 10:00:00 h k: src=a dst=b\n")
    times = read_log(tmp_path, year=2023)[0]["time"]
    assert times.dt.year.tolist() == [2023, 2024]


def zipped(name):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, "text")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (zipped("a.log"), "a zip archive; unpack it"),
        (zipped("xl/workbook.xml"), "an Excel workbook"),
        (b"\xd4\xc3\xb2\xa1\x02\0\x04\0", r"a capture of packets \(pcap\)"),
        (b"\x4d\x3c\xb2\xa1\x02\0\x04\0", r"a capture of packets \(pcap\)"),
        (b"\x0a\x0d\x0d\x0a\x1c\0\0\0M<+\x1a", r"a capture of packets \(pcapng\)"),
        (b"PAR1\x15\x04", "a Parquet file"),
        (b"ElfFile\0\0\0", r"a Windows event log \(evtx\)"),
        (gzip.compress(b"\xd4\xc3\xb2\xa1\x02\0\x04\0", mtime=0), r"\(pcap\)"),
        (b"\0" * 257 + b"ustar" + b"\0" * 250, "a tar archive"),
        (gzip.compress(gzip.compress(ZEEK.encode())), "packed twice"),
        (b"\x04\x22\x4d\x18" + b"x" * 9, "an lz4 file"),
        (b"\x1f\x9d" + b"x" * 9, "a file of compress"),
        (ZEEK.encode("utf-16-le"), "UTF-16 without its mark"),
        (b"\n <!DOCTYPE html><title>404</title>", "a web page or XML"),
        (b'<?xml version="1.0"?><Events/>', "a web page or XML"),
        (b"version https://git-lfs.github.com/spec/v1\nsize 9\n", "pointer of Git LFS"),
    ],
)
def test_a_file_that_is_no_text_is_called_what_it_is(content, told, tmp_path):
    path = tmp_path / "capture.log"
    path.write_bytes(content)
    with pytest.raises(LogUnreadable, match=told) as error:
        read_log(path)
    assert "\n" not in str(error.value)
    with pytest.raises(LogUnreadable, match=told):
        read_log(io.BytesIO(content))


def test_the_reason_that_matters_is_told_not_the_most_frequent():
    other = ["2024-01-08T10:00:00Z host cron[1]: job started"] * 5
    mine = ["2024-01-08 10:00:00 CST fw src=10.0.0.1 dst=10.0.0.2"]
    with pytest.raises(LogUnreadable, match="several zones are called CST"):
        read_log([*other, *mine, *other])
