"""What live viewers cost the recorder, and how long one waits for the first picture. Viewers are WebSockets that read everything and look at nothing."""
import base64
import os
import selectors
import socket
import threading
import time

import accounting
from contenders import Camera, Recorder

BINARY = 2


class Viewer:
    """A WebSocket to `live` of the first channel (RFC 6455: frames of a server are not masked)."""

    def __init__(self, recorder, channel):
        self.socket = socket.create_connection(("127.0.0.1", recorder.port))
        self.received = b""
        self.socket.sendall((
            f"GET /api/v1/channels/{channel}/live HTTP/1.1\r\nHost: 127.0.0.1:{recorder.port}\r\nAuthorization: {recorder.request('/').get_header('Authorization')}\r\n"
            f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n\r\n").encode())
        head = b""
        while b"\r\n\r\n" not in head:
            part = self.socket.recv(4096)
            if not part:
                raise SystemExit(f"viewer: the recorder closed the connection: {head[:200]}")
            head += part
        head, _, self.received = head.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0]:
            raise SystemExit(f"viewer: {head.decode()}")

    def message(self):
        """The next whole message: its kind and its bytes."""
        kind, body = 0, b""
        while True:
            first, second = self._take(2)
            length = second & 127
            if length >= 126:
                length = int.from_bytes(self._take(2 if length == 126 else 8), "big")
            data = self._take(length)
            if first & 15 > 2:
                continue                                     # ping
            kind, body = kind or first & 15, body + data
            if first & 128:
                return kind, body

    def _take(self, count):
        while len(self.received) < count:
            part = self.socket.recv(1 << 16)
            if not part:
                raise SystemExit("viewer: the recorder closed the connection")
            self.received += part
        taken, self.received = self.received[:count], self.received[count:]
        return taken

    def close(self):
        self.socket.close()


class Drain:
    """Reads many viewers' sockets on one thread."""

    def __init__(self, viewers):
        self.bytes, self.ended, self.selector = 0, False, selectors.DefaultSelector()
        for viewer in viewers:
            viewer.socket.setblocking(False)
            self.selector.register(viewer.socket, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        buffer = bytearray(1 << 20)
        while not self.ended:
            for key, _ in self.selector.select(0.2):
                count = key.fileobj.recv_into(buffer)
                if count == 0:
                    raise SystemExit("viewer: the recorder closed the connection")
                self.bytes += count

    def stop(self):
        self.ended = True
        self.thread.join()
        self.selector.close()


def run(setup):
    """One recorded channel at 2 Mb/s. For 0, 1, 10 and 100 viewers: their number, CPU in percent, resident bytes, Mb/s to all of them; then waits for the first picture in seconds, and gaps."""
    with Camera(setup.folder("camera"), setup.simulator, setup.clip("720p-2m.h264")) as camera, \
            Recorder(setup.folder("contender"), setup, camera, 1) as recorder:
        deadline = time.monotonic() + 30
        while not recorder.metric("edge_recorder_fragments_total"):
            recorder.check()
            if time.monotonic() > deadline:
                raise SystemExit("viewers: nothing is recorded")
            time.sleep(0.05)
        channel = recorder.ask("/api/v1/channels")[0]["id"]
        time.sleep(setup.warmup)
        waits = [_first_picture(recorder, channel) for _ in range(5)]
        rows = []
        for count in (0, 1, 10, 100):
            viewers = [Viewer(recorder, channel) for _ in range(count)]
            drain = Drain(viewers)
            time.sleep(5)                                    # what joining costs is over
            started, cpu, sent = time.monotonic(), accounting.cpu_seconds(recorder.pids()), drain.bytes
            time.sleep(setup.window)
            seconds = time.monotonic() - started
            rows.append((count, 100 * (accounting.cpu_seconds(recorder.pids()) - cpu) / seconds, accounting.resident_bytes(recorder.pids()), (drain.bytes - sent) * 8 / seconds / 1e6))
            drain.stop()
            for viewer in viewers:
                viewer.close()
        gaps = recorder.ask(f"/api/v1/channels/{channel}/timeline?from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z")["gaps"]
        return rows, waits, len(gaps)


def _first_picture(recorder, channel):
    """From opening the connection to the last byte of the first fragment, seconds: it begins with a sync sample, so the picture can be decoded."""
    started = time.monotonic()
    viewer = Viewer(recorder, channel)
    binary = 0
    while binary < 2:                                        # the init segment, then media
        binary += viewer.message()[0] == BINARY
    waited = time.monotonic() - started
    viewer.close()
    return waited

