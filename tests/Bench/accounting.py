"""What the kernel says about processes: CPU time, memory, bytes to the device. All from /proc, whole process trees."""
import os

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def tree(root):
    """The process and all its descendants."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _stat(int(name))
            if fields:
                parents[int(name)] = int(fields[1])
    found = [root]
    for pid in found:
        found.extend(child for child, parent in parents.items() if parent == pid)
    return found


def cpu_seconds(pids):
    """User and system time of all threads, living or gone (proc(5): utime, stime)."""
    return sum((int(f[11]) + int(f[12])) / TICKS_PER_SECOND for f in map(_stat, pids) if f)


def resident_bytes(pids):
    return sum(_field(f"/proc/{pid}/status", "VmRSS:") * 1024 for pid in pids)


def device_bytes(pids):
    """Bytes whose page a process made dirty and that are to be written back (proc(5): io, write_bytes)."""
    return sum(_field(f"/proc/{pid}/io", "write_bytes:") for pid in pids)


def _stat(pid):
    # The command name stands in parentheses and may hold blanks; the fields behind it begin with the state.
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def _field(path, name):
    with open(path) as file:
        for line in file:
            if line.startswith(name):
                return int(line.split()[1])
    raise ValueError(f"{path} has no {name}")
