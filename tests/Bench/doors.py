"""How long the doors of the four families take to answer while many channels record."""
import base64
import http.client
import json
import threading
import time

from contenders import Camera, Recorder
from report import median

CHANNELS = 32
CALLERS = 4                                                 # of each family, one call after the other


def run(setup):
    """Rows of family, calls, median and 99th percentile in ms, and the request that takes longest with its own; a call is a request and its whole answer, starts and stops among them."""
    with Camera(setup.folder("camera"), setup.simulator, setup.clip("small.h264")) as camera, \
            Recorder(setup.folder("contender"), setup, camera, CHANNELS, ring=2 << 30, segment="4MiB", doors=True) as recorder:
        deadline = time.monotonic() + 120
        while sum(c["state"]["state"] == "recording" for c in ask_channels(recorder)) < CHANNELS:
            recorder.check()
            if time.monotonic() > deadline:
                raise SystemExit(f"{recorder.name}: {CHANNELS} channels do not record")
            time.sleep(0.2)
        time.sleep(setup.warmup)
        end = time.monotonic() + setup.window
        families = {"CDVR": (recorder.cdvr, {}, cdvr), "AxxonSoft": (recorder.axxon, {}, axxon), "Inspector": (recorder.inspector, {}, inspector),
                    "OvenMediaEngine": (recorder.ome, {"Authorization": f"Basic {base64.b64encode(Recorder.ome_token.encode()).decode()}"}, ome)}
        times = {name: [] for name in families}
        faults = []
        threads = [threading.Thread(target=call, args=(times[name], faults, port, headers, round_of, caller, end)) for name, (port, headers, round_of) in families.items() for caller in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if faults:
            raise SystemExit(f"{recorder.name}: {faults[0]}")
        return [(name, len(t), 1000 * median(list(map(seconds, t))), 1000 * worst(t), *slowest(t)) for name, t in times.items()]


def seconds(call):
    return call[0]


def worst(calls):
    """The 99th percentile."""
    return sorted(map(seconds, calls))[int(len(calls) * 0.99)]


def slowest(calls):
    """Of the requests of a round the one with the highest 99th percentile: which, and ms."""
    kinds = {}
    for call in calls:
        kinds.setdefault(call[1], []).append(call)
    kind = max(kinds, key=lambda each: worst(kinds[each]))
    return kind, 1000 * worst(kinds[kind])


def ask_channels(recorder):
    try:
        return recorder.ask("/api/v1/channels?limit=1000")
    except OSError:
        return []                                           # it has not opened its doors yet


def call(times, faults, port, headers, round_of, caller, end):
    connection, number = http.client.HTTPConnection("127.0.0.1", port, timeout=30), 0
    try:
        while time.monotonic() < end:
            number += 1
            place = None
            for step, (method, path, body) in enumerate(round_of(caller, number)):
                begun = time.perf_counter()
                connection.request(method, path.replace("{place}", place or ""), body and json.dumps(body), headers)
                answer = connection.getresponse()
                text = answer.read()
                times.append((time.perf_counter() - begun, f"request {step + 1}"))
                place = answer.getheader("Location") or place
                if answer.status >= 300:
                    raise OSError(f"{method} {path}: {answer.status} {text[:200]!r}")
                if answer.getheader("Connection") == "close":
                    connection.close()
    except (OSError, http.client.HTTPException) as e:
        faults.append(e)
    finally:
        connection.close()


def cdvr(caller, number):
    device = f"Sim=c{(caller + number) % CHANNELS}&Channel=1&Protocol=3"
    return [("GET", f"/Record/Start?{device}", None), ("GET", f"/Record/Stop?{device}", None)]


def axxon(caller, number):
    now = time.time()
    begin, end = (time.strftime("%Y%m%dT%H%M%S", time.gmtime(t)) for t in (now - 4, now - 2))
    return [("POST", f"/export/archive/S/DeviceIpint.{(caller + number) % CHANNELS + 1}/SourceEndpoint.video:0:0/{begin}/{end}", {"format": "mp4"}),
            ("GET", "{place}/status", None), ("DELETE", "{place}", None)]


def ome(caller, number):
    id, app = f"b{caller}-{number}", "/v1/vhosts/default/apps/app"
    return [("POST", f"{app}:startRecord", {"id": id, "stream": {"name": f"c{(caller + number) % CHANNELS}"}, "filePath": f"/bench/{id}.ts", "infoPath": f"/bench/{id}.xml"}),
            ("POST", f"{app}:records", {"id": id}), ("POST", f"{app}:stopRecord", {"id": id})]


def inspector(caller, number):
    # A master start concerns all channels at once; one caller does it, the others ask and set.
    if caller:
        return [("GET", "/api/inspector/isrecording", None), ("GET", "/api/inspector/splittime/10", None), ("GET", "/api/inspector/pathtemplate", None)]
    return [("GET", f"/api/inspector/{command}", None) for command in ("startrecording", "isrecording", "stoprecording")]
