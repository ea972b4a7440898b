"""Programs that the demo starts, the ports they need and the terminal they leave alone."""
import ctypes
import os
import signal
import socket
import subprocess

PR_SET_PDEATHSIG = 1


class Child:
    """A program that ends when we end, however that happens. Ctrl-C does not reach it: we say in which order things stop."""

    def __init__(self, command, log, **options):
        self.log = log
        libc = ctypes.CDLL(None)
        with open(log, "ab") as file:
            self.process = subprocess.Popen(
                command, stderr=file, start_new_session=True, preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM), **{"stdout": file, **options})

    @property
    def ended(self):
        """How it ended, in words; None while it runs."""
        code = self.process.poll()
        return None if code is None else f"exit code {code}" if code >= 0 else signal.Signals(-code).name

    def stop(self, seconds=30):
        """SIGTERM and its exit code; None when it had to be killed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return None

    def tail(self, lines=15):
        with open(self.log, errors="replace") as file:
            return "".join(file.readlines()[-lines:])


class Camera(Child):
    """A simulated camera on a port of its own choice; it serves its clip under every path."""

    def __init__(self, simulator, log, key, *switches):
        # Its standard input is the second leash: it ends when our end of the pipe does.
        super().__init__([*simulator, "camera", "--port", "0", "--exit-with-parent", *switches], log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        words = self.process.stdout.readline().split()     # "listening 127.0.0.1:PORT control 0"
        if words[:1] != ["listening"]:
            self.process.wait()
            raise SystemExit(f"run: the simulated camera {key} does not start:\n{self.tail()}")
        self.key, self.url = key, f"rtsp://{words[1]}/{key}"


class Vehicle(Child):
    """A simulated vehicle terminal; it calls the recorder and goes on calling until it is there."""

    def __init__(self, simulator, log, key, server, *switches):
        super().__init__([*simulator, "terminal", "--server", server, "--exit-with-parent", *switches], log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().split()[:1] != ["running"]:     # "running 1 control 0"
            self.process.wait()
            raise SystemExit(f"run: the simulated terminal {key} does not start:\n{self.tail()}")
        self.key, self.server = key, server


class SurveillanceDevice(Child):
    """A simulated GB/T 28181 device; it registers with the recorder, and tries again until that is there."""

    def __init__(self, simulator, log, key, server, *switches):
        super().__init__([*simulator, "gbdevice", "--server", server, "--exit-with-parent", *switches], log, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().split()[:1] != ["gbdevice"]:    # "gbdevice 1 devices ready, control 0"
            self.process.wait()
            raise SystemExit(f"run: the simulated device {key} does not start:\n{self.tail()}")
        self.key, self.server = key, server


def free_ports(*wanted):
    """The wanted ports where nobody has them, otherwise any that are free."""
    ports = []
    probes = []
    for port in wanted:
        if busy(port):
            probe = socket.socket()                         # open until all are chosen, so that none is chosen twice
            probe.bind(("127.0.0.1", 0))
            probes.append(probe)
            port = probe.getsockname()[1]
        ports.append(port)
    for probe in probes:
        probe.close()
    return ports


def busy(port, address="127.0.0.1"):
    """Whether somebody listens there already."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError:
            return True
    return False


class Terminal:
    """
    Ours for as long as the demo runs: Ctrl-C then reaches us and not the `make` above, which would report an error for what is the ordinary end.
    Without a terminal it does nothing.
    """

    def __enter__(self):
        self.before = None
        if os.isatty(0) and os.tcgetpgrp(0) == os.getpgrp() and os.getpgrp() != os.getpid():
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)   # or giving it back would stop us
            signal.signal(signal.SIGTSTP, signal.SIG_IGN)   # a `make` that does not notice could not wake us
            self.before = os.getpgrp()
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpgrp())
        return self

    def __exit__(self, *_):
        if self.before is not None:
            os.tcsetpgrp(0, self.before)
