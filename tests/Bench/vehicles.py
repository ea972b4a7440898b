"""B4: vehicle terminals beside RTSP cameras."""
import time
import urllib.request

import accounting
from contenders import Camera, Recorder, Terminals
from readback import RANGE, read_record
from report import beside_rtsp, table

STREAMS, CLIP = 16, "720p-4m.h264"
TERMINALS, CHANNELS, CAMERAS = 64, 2, 16


def steady_state(setup, sample):
    """By RTSP and by JT/T 1078, both over TCP."""
    beside_rtsp(setup.rounds, STREAMS, "B4", {"RTSP": lambda: by_rtsp(setup, sample), "JT/T 1078": lambda: by_1078(setup, sample)})


def by_rtsp(setup, sample):
    with Camera(setup.folder("camera"), setup.simulator, setup.clip(CLIP), "--batch-ms", str(setup.batch_ms)) as camera, \
            Recorder(setup.folder("contender"), setup, camera, STREAMS) as recorder:
        return sample(setup, recorder, camera, STREAMS)


def by_1078(setup, sample):
    with Recorder(setup.folder("contender"), setup, None, 0, vehicle_channels=STREAMS) as recorder, \
            Terminals(setup.folder("terminals"), setup.simulator, recorder, setup.clip(CLIP), STREAMS // CHANNELS, CHANNELS, "--batch-ms", str(setup.batch_ms)) as terminals:
        return sample(setup, recorder, terminals, STREAMS)


def crowd(setup):
    """Terminals and cameras together: every picture that was sent is looked for in the footage."""
    seconds = 20 * max(2, round((setup.warmup + setup.window) / 20))     # whole rounds of clips of 20 s
    loops = str(seconds // 20)
    with Camera(setup.folder("camera"), setup.simulator, setup.clip("720p-2m.h264"), "--loops", loops, "--at-end", "silent") as camera, \
            Recorder(setup.folder("contender"), setup, camera, CAMERAS, ring=8 << 30, segment="4MiB", vehicle_channels=TERMINALS * CHANNELS) as recorder, \
            Terminals(setup.folder("terminals"), setup.simulator, recorder, setup.clip("360p-1m.h264"), TERMINALS, CHANNELS, "--loops", loops, "--at-end", "silent") as terminals:
        wait(lambda: camera.playing() == CAMERAS and terminals.playing() == TERMINALS * CHANNELS, 60, recorder, "cameras and terminals playing")
        # What has ended is asked for again after a while; then it is not there.
        terminals.command("result 1")
        camera.control.sendall(b"refuse 3600\n")
        camera.answers.readline()
        began, used, sent = time.monotonic(), accounting.cpu_seconds(recorder.pids()), camera.video_bytes() + terminals.video_bytes()
        wait(lambda: camera.playing() + terminals.playing() < CAMERAS + TERMINALS * CHANNELS, 2 * seconds, recorder, "end of the clips")
        took, used = time.monotonic() - began, accounting.cpu_seconds(recorder.pids()) - used
        sent = camera.video_bytes() + terminals.video_bytes() - sent
        resident = accounting.resident_bytes(recorder.pids())
        wait(lambda: camera.playing() + terminals.playing() == 0, 30, recorder, "end of all clips")
        rows = []
        channels = recorder.ask("/api/v1/channels?limit=1000")
        for name, mine, count, total in (
                ("RTSP", [c for c in channels if c["protocol"] == "rtsp"], CAMERAS, sum(c["video"] for c in camera.stats())),
                ("JT/T 1078", [c for c in channels if c["protocol"] != "rtsp"], TERMINALS * CHANNELS, terminals.totals()["video"])):
            found, doubled = pictures(recorder, mine, total)
            rows.append([name, f"{len(mine)} of {count}", total, total - found, doubled])
        gaps = sum(len([g for g in recorder.ask(f"/api/v1/channels/{c['id']}/timeline?{RANGE}")["gaps"] if g["reason"] in ("loss", "overload")]) for c in channels)
    table(
        f"{TERMINALS} terminals × {CHANNELS} channels × 1 Mb/s together with {CAMERAS} RTSP cameras × 2 Mb/s for {seconds} s: "
        f"{sent * 8 / took / 1e6:.0f} Mb/s, {100 * used / took:.1f} % CPU, {used * 1e9 / sent:.2f} ns/B, {resident / 1e6:.0f} MB RSS, gaps for loss or overload: {gaps}",
        ["", "channels", "pictures sent", "missing (0)", "doubled (0)"], rows)


def pictures(recorder, channels, wanted):
    """How many pictures the ring has of these channels, by their records, and how many times one stands twice; waits until what is wanted is there, or nothing more comes."""
    known = -1
    while True:
        found = doubled = 0
        for channel in channels:
            starts = []
            with urllib.request.urlopen(recorder.request(f"/api/v1/channels/{channel['id']}/footage.mp4?verbatim=1&{RANGE}")) as answer:
                while record := read_record(answer):
                    starts.append(record[1])
                    found += record[2]
            doubled += len(starts) - len(set(starts))
        if found >= wanted or found == known:
            return found, doubled
        known = found
        time.sleep(3)                                        # longer than a fragment and a round


def wait(condition, seconds, recorder, what):
    deadline = time.monotonic() + seconds
    while not condition():
        recorder.check()
        if time.monotonic() > deadline:
            raise SystemExit(f"recorder: no {what} within {seconds} s")
        time.sleep(0.2)
