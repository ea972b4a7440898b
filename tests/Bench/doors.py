"""How long the doors of the four families take to answer while many channels record: 200 callers that start, hold for a second and stop, and what the doors bear when nobody pauses."""
import base64
import http.client
import json
import multiprocessing
import random
import threading
import time

from contenders import Camera, Recorder
from report import median

CHANNELS = 32
PACED = ("50 callers that pause", 50, 1.0, 60)              # of each family; seconds between two calls of one, and of the whole
EAGER = ("4 callers that do not", 4, 0.0, 20)
LEAD = 5                                                    # seconds of calls that are not counted: what answers is compiled
WAITS = "stoprecording"                                     # answers when the files are closed: a fragment's end, at most 5 s (contract 4.11)


def run(setup):
    """Rows of family, pace, calls, median and 99th percentile in ms, and the request that takes longest with its own. What answers late by contract has rows of its own."""
    with Camera(setup.folder("camera"), setup.simulator, setup.clip("small.h264")) as camera, \
            Recorder(setup.folder("contender"), setup, camera, CHANNELS, ring=2 << 30, segment="4MiB", doors=True) as recorder:
        deadline = time.monotonic() + 120
        while sum(c["state"]["state"] == "recording" for c in ask_channels(recorder)) < CHANNELS:
            recorder.check()
            if time.monotonic() > deadline:
                raise SystemExit(f"{recorder.name}: {CHANNELS} channels do not record")
            time.sleep(0.2)
        time.sleep(setup.warmup)
        families = {"CDVR": (recorder.cdvr, {}, cdvr), "AxxonSoft": (recorder.axxon, {}, axxon), "Inspector": (recorder.inspector, {}, inspector),
                    "OvenMediaEngine": (recorder.ome, {"Authorization": f"Basic {base64.b64encode(Recorder.ome_token.encode()).decode()}"}, ome)}
        return [row for pace in (PACED, EAGER) for row in rows(pace, families, recorder)]


def rows(pace, families, recorder):
    name, callers, pause, window = pace
    # A process each: the callers of one must not wait for the interpreter that others hold.
    answers = multiprocessing.SimpleQueue()
    begin = time.monotonic() + LEAD
    processes = [multiprocessing.Process(target=calls, args=(answers, family, door, callers, pause, begin, begin + window)) for family, door in families.items()]
    for process in processes:
        process.start()
    said = dict(answers.get() for _ in processes)
    for process in processes:
        process.join()
    recorder.check()
    for family, (times, faults) in ((family, said[family]) for family in families):
        if faults:
            raise SystemExit(f"{recorder.name}: {faults[0]}")
        late, prompt = [[call for call in times if (call[1] == WAITS) == waits] for waits in (True, False)]
        for kind, part in ((family, prompt), (f"{family}, {WAITS}", late)):
            if part:
                yield kind, name, len(part), 1000 * median(list(map(seconds, part))), 1000 * worst(part), *slowest(part)


def calls(answers, family, door, callers, pause, begin, end):
    """All callers of a family, in a process of their own."""
    times, faults = [], []
    threads = [threading.Thread(target=call, args=(times, faults, *door, caller, pause, begin, end)) for caller in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers.put((family, (times, [str(fault) for fault in faults])))


def seconds(call):
    return call[0]


def worst(calls):
    """The 99th percentile."""
    return sorted(map(seconds, calls))[int(len(calls) * 0.99)]


def slowest(calls):
    """The request with the highest 99th percentile, and that in ms."""
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


def call(times, faults, port, headers, round_of, caller, pause, begin, end):
    connection, number, chance = http.client.HTTPConnection("127.0.0.1", port, timeout=30), 0, random.Random(caller)
    try:
        time.sleep(pause * chance.random())                 # not all at the same instant, round for round
        while time.monotonic() < end:
            number += 1
            place = None
            for name, method, path, body in round_of(caller, number):
                begun = time.monotonic()
                connection.request(method, path.replace("{place}", place or ""), body and json.dumps(body), headers)
                answer = connection.getresponse()
                text = answer.read()
                if begun >= begin:
                    times.append((time.monotonic() - begun, name))
                place = answer.getheader("Location") or place
                if answer.status == 503 and name == "order":
                    break                                   # contract: so many exports wait, not more
                if answer.status >= 300:
                    raise OSError(f"{method} {path}: {answer.status} {text[:200]!r}")
                if answer.getheader("Connection") == "close":
                    connection.close()
                time.sleep(pause * (0.5 + chance.random()))
    except (OSError, http.client.HTTPException) as e:
        faults.append(e)
    finally:
        connection.close()


def cdvr(caller, number):
    device = f"Sim=c{(caller + number) % CHANNELS}&Channel=1&Protocol=3"
    return [("Start", "GET", f"/Record/Start?{device}", None), ("Stop", "GET", f"/Record/Stop?{device}", None)]


def axxon(caller, number):
    now = time.time()
    begin, end = (time.strftime("%Y%m%dT%H%M%S", time.gmtime(t)) for t in (now - 4, now - 2))
    return [("order", "POST", f"/export/archive/S/DeviceIpint.{(caller + number) % CHANNELS + 1}/SourceEndpoint.video:0:0/{begin}/{end}", {"format": "mp4"}),
            ("status", "GET", "{place}/status", None), ("DELETE", "DELETE", "{place}", None)]


def ome(caller, number):
    id, app = f"b{caller}-{number}", "/v1/vhosts/default/apps/app"
    return [("startRecord", "POST", f"{app}:startRecord", {"id": id, "stream": {"name": f"c{(caller + number) % CHANNELS}"}, "filePath": f"/bench/{id}.ts", "infoPath": f"/bench/{id}.xml"}),
            ("records", "POST", f"{app}:records", {"id": id}), ("stopRecord", "POST", f"{app}:stopRecord", {"id": id})]


def inspector(caller, number):
    # A master start concerns all channels at once; one caller does it, the others ask and set.
    commands = ("isrecording", "splittime/10", "pathtemplate") if caller else ("startrecording", "isrecording", WAITS)
    return [(command, "GET", f"/api/inspector/{command}", None) for command in commands]
