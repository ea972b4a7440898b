"""B4 for GB/T 28181: program streams over the ways that their media takes."""
import time

import accounting
from contenders import Camera, Recorder, SurveillanceDevices
from readback import RANGE
from report import beside_rtsp, table
from vehicles import pictures, wait

STREAMS, CLIP = 16, "720p-4m.h264"
DEVICES, CHANNELS = 32, 2
WAYS = {"TCP": ["--media-udp", "refused"], "UDP": ["--media-tcp", "refused"]}


def steady_state(setup, sample):
    """By RTSP over TCP and as program streams over TCP and UDP."""
    ways = {"RTSP": lambda: by_rtsp(setup, sample)}
    for name, way in WAYS.items():
        ways[f"PS over {name}"] = lambda way=way: by_ps(setup, sample, way)
    beside_rtsp(setup.rounds, STREAMS, "B4, GB/T 28181", ways)


def by_rtsp(setup, sample):
    with Camera(setup.folder("camera"), setup.simulator, setup.clip(CLIP)) as camera, \
            Recorder(setup.folder("contender"), setup, camera, STREAMS) as recorder:
        return sample(setup, recorder, camera, STREAMS)


def by_ps(setup, sample, way):
    with Recorder(setup.folder("contender"), setup, None, 0, device_channels=STREAMS) as recorder, \
            SurveillanceDevices(setup.folder("devices"), setup.simulator, recorder, setup.clip(CLIP), STREAMS // CHANNELS, CHANNELS, 1, "127.1.0.1", *way) as devices:
        return sample(setup, recorder, devices, STREAMS)


def crowd(setup):
    """Half of the devices over TCP and half over UDP: every picture that was sent is looked for in the footage."""
    seconds = 20 * max(2, round((setup.warmup + setup.window) / 20))     # whole rounds of clips of 20 s
    switches = ["--loops", str(seconds // 20)]
    half = DEVICES // 2
    with Recorder(setup.folder("contender"), setup, None, 0, ring=8 << 30, segment="4MiB", device_channels=DEVICES * CHANNELS) as recorder, \
            SurveillanceDevices(setup.folder("tcp"), setup.simulator, recorder, setup.clip("720p-2m.h264"), half, CHANNELS, 1, "127.1.0.1", *WAYS["TCP"], *switches) as tcp, \
            SurveillanceDevices(setup.folder("udp"), setup.simulator, recorder, setup.clip("720p-2m.h264"), half, CHANNELS, 1001, "127.2.0.1", *WAYS["UDP"], *switches) as udp:
        both = {"TCP": tcp, "UDP": udp}

        def sent_bytes():
            return sum(d.video_bytes() for d in both.values())

        def playing():
            return sum(d.playing() for d in both.values())

        wait(lambda: playing() == DEVICES * CHANNELS, 60, recorder, "devices playing")
        for devices in both.values():
            devices.command("refuse 486")                    # what has ended is called again after a while; then it is not there
        began, used, sent = time.monotonic(), accounting.cpu_seconds(recorder.pids()), sent_bytes()
        wait(lambda: playing() < DEVICES * CHANNELS, 2 * seconds, recorder, "end of the clips")
        took, used = time.monotonic() - began, accounting.cpu_seconds(recorder.pids()) - used
        sent = sent_bytes() - sent
        resident = accounting.resident_bytes(recorder.pids())
        wait(lambda: playing() == 0, 30, recorder, "end of all clips")
        channels = recorder.ask("/api/v1/channels?limit=1000")
        rows = []
        for way, devices in both.items():
            # The last three digits of a device's code are under 1000 for TCP.
            mine = [c for c in channels if (c["key"].split("_")[0][-4] == "1") == (way == "UDP")]
            total = devices.totals()["video"]
            found, doubled = pictures(recorder, mine, total)
            rows.append([f"PS over {way}", f"{len(mine)} of {half * CHANNELS}", total, total - found, doubled])
        gaps = sum(len([g for g in recorder.ask(f"/api/v1/channels/{c['id']}/timeline?{RANGE}")["gaps"] if g["reason"] in ("loss", "overload")]) for c in channels)
    table(
        f"{DEVICES} devices × {CHANNELS} channels × 2 Mb/s for {seconds} s: {sent * 8 / took / 1e6:.0f} Mb/s, {100 * used / took:.1f} % CPU, {used * 1e9 / sent:.2f} ns/B, "
        f"{resident / 1e6:.0f} MB RSS, gaps for loss or overload: {gaps}",
        ["", "channels", "pictures sent", "missing (0)", "doubled (0)"], rows)
