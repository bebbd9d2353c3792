"""Calls of the system that no answer needs and that reach out of its process.

Memory that belongs to no process (System V segments, `memfd`), so that nobody counts
it; message queues and keys that outlive a task, or are the teacher's; limits,
priorities and processors of another process, such as the one that keeps the box. A
filter (seccomp) refuses them inside a box.
"""

import ctypes
import os
import platform
import struct

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}  # linux/audit.h
_REFUSED = {  # name -> number on x86_64, on aarch64
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "mq_open": (240, 180),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "ioprio_set": (251, 30),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
}
_OF_ONESELF = {  # refused where an argument, by its place, names another process
    "prlimit64": (302, 261, (0,)),
    "sched_setaffinity": (203, 122, (0,)),
    "sched_setparam": (142, 118, (0,)),
    "sched_setscheduler": (144, 119, (0,)),
    "sched_setattr": (314, 274, (0,)),
    "setpriority": (141, 140, (0, 1)),
}
_LOAD, _EQUAL, _LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # linux/filter.h
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000  # linux/seccomp.h; EPERM
_LINE = struct.calcsize("=HBBI")
_FOREIGN = 0x40000000  # from here on numbers are those of x32


def filter_of_calls(machine: str = platform.machine()) -> bytes:
    """Return the program that refuses such calls; empty where it isn't known."""
    if machine not in _ARCHITECTURES:
        return b""
    which = list(_ARCHITECTURES).index(machine)
    lines = [(_LOAD, 0, 0, 4), (_EQUAL, 1, 0, _ARCHITECTURES[machine])]
    lines += [(_RETURN, 0, 0, _KILL), (_LOAD, 0, 0, 0)]
    lines += [(_LEAST, 0, 1, _FOREIGN), (_RETURN, 0, 0, _REFUSE)]
    for numbers in _REFUSED.values():
        lines += [(_EQUAL, 0, 1, numbers[which]), (_RETURN, 0, 0, _REFUSE)]
    for *several, places in _OF_ONESELF.values():
        tests = []
        for place in places:  # of its 64 bits the lower half is enough
            tests += [(_LOAD, 0, 0, 16 + 8 * place), (_EQUAL, 1, 0, 0)]
            tests += [(_RETURN, 0, 0, _REFUSE)]
        tests += [(_RETURN, 0, 0, _ALLOW)]
        lines += [(_EQUAL, 0, len(tests), int(several[which])), *tests]
    return _program(lines)


def _program(lines: list[tuple[int, int, int, int]]) -> bytes:
    """Return what the kernel reads: these lines, and that all else is allowed."""
    lines = [*lines, (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def allow_no_programs(machine: str = platform.machine()) -> None:
    """Let this process and its children start no program any more, for good."""
    if machine not in _PROGRAMS:
        return
    lines = [(_LOAD, 0, 0, 0)]
    for number in _PROGRAMS[machine]:
        lines += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _REFUSE)]
    text = _program(lines)
    held = ctypes.create_string_buffer(text, len(text))
    program = struct.pack("@HP", len(text) // _LINE, ctypes.addressof(held))
    libc = ctypes.CDLL(None)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.prctl(_SET_SECCOMP, _BY_FILTER, ctypes.create_string_buffer(program), 0, 0)


_PROGRAMS = {"x86_64": (59, 322), "aarch64": (221, 281)}  # execve, execveat
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _BY_FILTER = 38, 22, 2  # linux/prctl.h


def open_filter() -> int | None:
    """Return a descriptor from which bubblewrap can read the program, or None."""
    program = filter_of_calls()
    if not program:
        return None
    ours, theirs = os.pipe()
    with os.fdopen(theirs, "wb") as pipe:
        pipe.write(program)
    return ours
