"""The programs that are measured and the camera that feeds them. Each runs in its own folder and ends with its `with` block."""
import base64
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import accounting


def free_ports(count):
    """Ports that nobody has: in a configuration 0 means closed, so that they have to be found."""
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Child:
    """A process tree, or several side by side, with a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.processes = []
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)

    def spawn(self, *command, **options):
        log = open(os.path.join(self.folder, "log"), "ab")
        self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=log, **{"stdout": log, **options}))
        return self.processes[-1]

    def pids(self):
        return [pid for process in self.processes for pid in accounting.tree(process.pid)]

    def check(self):
        for process in self.processes:
            if process.poll() is not None:
                with open(os.path.join(self.folder, "log"), errors="replace") as log:
                    raise SystemExit(f"{process.args[0]} ended with {process.returncode}:\n{log.read()[-2000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Camera(Child):
    """The simulated camera; every path is a channel."""

    def __init__(self, folder, simulator, clip, *switches):
        super().__init__(folder)
        process = self.spawn(*simulator, "camera", "--video", clip, "--port", "0", "--control", "0", *switches, stdout=subprocess.PIPE, text=True)
        words = process.stdout.readline().split()
        if len(words) != 4:
            self.check()
        self.port = int(words[1].rpartition(":")[2])
        self.control = socket.create_connection(("127.0.0.1", int(words[3])))
        self.answers = self.control.makefile()

    def url(self, channel):
        return f"rtsp://127.0.0.1:{self.port}/{channel}"

    def stats(self):
        self.control.sendall(b"stats\n")
        return json.loads(self.answers.readline())["clients"]

    def video_bytes(self):
        """Bytes of NAL units sent so far: what a recorder has to keep."""
        return sum(client["videoBytes"] for client in self.stats())

    def playing(self):
        return sum(client["state"] == "Playing" for client in self.stats())

    def __exit__(self, *rest):
        self.answers.close()
        self.control.close()
        super().__exit__(*rest)


class Callers(Child):
    """Simulated devices that call a recorder."""

    def __init__(self, folder, *command):
        super().__init__(folder)
        process = self.spawn(*command, "--control", "0", "--no-hash", "--remember", "0", stdout=subprocess.PIPE, text=True)
        words = process.stdout.readline().split()           # "… control PORT"
        if not words:
            self.check()
        self.control = socket.create_connection(("127.0.0.1", int(words[-1])))
        self.answers = self.control.makefile()

    def command(self, line):
        self.control.sendall(line.encode() + b"\n")
        return self.answers.readline()

    def totals(self):
        return json.loads(self.command("totals"))

    def video_bytes(self):
        """Bytes of NAL units sent so far: what a recorder has to keep."""
        return self.totals()["videoBytes"]

    def playing(self):
        return self.totals()["playing"]

    def __exit__(self, *rest):
        self.answers.close()
        self.control.close()
        super().__exit__(*rest)


class Terminals(Callers):
    """Vehicle terminals, each with an address of its own."""

    def __init__(self, folder, simulator, recorder, clip, count, channels, *switches):
        super().__init__(
            folder, *simulator, "terminal", "--server", f"127.0.0.1:{recorder.signalling}", "--terminals", str(count), "--channels", str(channels), "--addresses", "127.1.0.1",
            "--reconnect", "0.2", "--video", clip, *switches)


class SurveillanceDevices(Callers):
    """GB/T 28181 devices, each with an address of its own. Codes of the first device and channel end in `first`."""

    def __init__(self, folder, simulator, recorder, clip, count, channels, first, address, *switches):
        super().__init__(
            folder, *simulator, "gbdevice", "--server", f"127.0.0.1:{recorder.sip}", "--password", Recorder.sip_password, "--devices", str(count), "--channels", str(channels),
            "--addresses", address, "--id", f"34020000001320{first:06}", "--channel-id", f"34020000001310{first:06}", "--reconnect", "0.2", "--clip", clip, *switches)


class Floor(Child):
    name = "floor"

    def __init__(self, folder, setup, camera, channels):
        super().__init__(folder)
        self.spawn(setup.floor, "127.0.0.1", str(camera.port), str(channels), folder)


class FFmpeg(Child):
    name = "ffmpeg -c copy"

    def __init__(self, folder, setup, camera, channels):
        super().__init__(folder)
        for i in range(channels):
            self.spawn(
                "ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", camera.url(i), "-map", "0:v", "-c", "copy",
                "-f", "segment", "-segment_time", "60", "-segment_format", "mp4",
                "-segment_format_options", "movflags=+frag_keyframe+empty_moov+default_base_moof", os.path.join(folder, f"{i}-%03d.mp4"))


class SplitMux(Child):
    """GStreamer's own recorder: splitmuxsink, files of a minute, fragments of a second."""

    name = "splitmuxsink"

    def __init__(self, folder, setup, camera, channels):
        super().__init__(folder)
        for i in range(channels):
            self.spawn(
                "/usr/bin/gst-launch-1.0", "-q", "rtspsrc", f"location={camera.url(i)}", "protocols=tcp", "latency=0", "!", "application/x-rtp,media=video",
                "!", "rtph264depay", "!", "h264parse", "!", "splitmuxsink", f"location={os.path.join(folder, f'{i}-%03d.mp4')}", "max-size-time=60000000000",
                "muxer-factory=mp4mux", "muxer-properties=properties,fragment-duration=1000")


class Recorder(Child):
    """The published daemon with a configuration made here."""

    name = "recorder"
    sip_password = "bench-28181"
    ome_token = "bench-token"

    def __init__(self, folder, setup, camera, channels, chain="on", ring=None, segment="32MiB", vehicle_channels=0, device_channels=0, doors=False):
        super().__init__(folder)
        self.name = f"recorder, chain {chain}"
        self.started = time.monotonic()
        self.root = os.path.join(folder, "root")
        os.makedirs(self.root)
        self.port, self.signalling, main, sub, playback, self.sip = free_ports(6)
        self.cdvr, self.axxon, self.ome, self.inspector, service = free_ports(5) if doors else (0, 0, 0, 0, 0)
        # At least 8 segments per channel (docs/configuration.md), of the size that a disk of 64 GB gets: what a segment costs once is not to pass for what a byte costs.
        ring = ring or max(2 << 30, 8 * (channels + vehicle_channels + device_channels) * (32 << 20))
        configuration = {
            "storage": {"root": self.root, "chain": chain, "ring": {"size": f"{ring >> 20}MiB", "segmentSize": segment}},
            "channels": [
                {"key": f"c{i}", "name": f"Channel {i}", "url": camera.url(i), "record": True, "transport": "tcp", "audio": False}
                for i in range(channels)],
            "jt808": {
                "enabled": vehicle_channels > 0, "bind": "127.0.0.1", "port": self.signalling, "mediaPort": main, "subPort": sub, "playbackPort": playback,
                "enrolment": "open", "record": True},
            "gb28181": {"enabled": device_channels > 0, "bind": "127.0.0.1", "port": self.sip, "password": self.sip_password, "record": True},
            "api": {
                "box": {"port": self.port, "tlsPort": 0}, "cdvr": {"bind": "127.0.0.1", "port": self.cdvr}, "axxon": {"bind": "127.0.0.1", "port": self.axxon},
                "ome": {"bind": "127.0.0.1", "port": self.ome, "token": self.ome_token if doors else None},
                "inspector": {"bind": "127.0.0.1", "port": self.inspector, "recordingPort": service}},
            "export": {"encoder": "none"},
        }
        path = os.path.join(folder, "config.json")
        with open(path, "w") as file:
            json.dump(configuration, file, indent=2)
        self.spawn(setup.daemon, "serve", "--config", path)

    def request(self, path):
        """An authorized request, to be opened."""
        with open(os.path.join(self.root, "initial-admin-password")) as file:
            credentials = base64.b64encode(f"admin:{file.read().strip()}".encode()).decode()
        return urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Authorization": f"Basic {credentials}"})

    def ask(self, path):
        with urllib.request.urlopen(self.request(path), timeout=30) as answer:
            return json.loads(answer.read())

    def change(self, path, members):
        request = self.request(path)
        request.method, request.data = "PATCH", json.dumps(members).encode()
        request.add_header("Content-Type", "application/json")
        urllib.request.urlopen(request, timeout=30).close()

    def remove(self, path):
        request = self.request(path)
        request.method = "DELETE"
        urllib.request.urlopen(request, timeout=30).close()

    def metric(self, name):
        """Sum over all labels of one metric; None while the daemon does not answer or does not have it yet."""
        try:
            with urllib.request.urlopen(self.request("/metrics"), timeout=5) as answer:
                lines = answer.read().decode().splitlines()
        except (FileNotFoundError, urllib.error.URLError, ConnectionError):
            return None
        values = [float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((name + " ", name + "{"))]
        return sum(values) if values else None
