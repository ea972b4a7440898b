"""B4 for GB/T 28181: program streams over the ways that their media takes."""
import contextlib
import time

import accounting
from contenders import Camera, Recorder, SurveillanceDevices
from readback import RANGE
from report import beside_rtsp, table
from vehicles import pictures, wait

STREAMS, CLIP = 16, "720p-4m.h264"
DEVICES, CHANNELS = 32, 2
# As the recorder has it: TCP, it listens; TCP active, the device does.
WAYS = {"TCP": ["--media-udp", "refused", "--media-tcp", "active"], "UDP": ["--media-tcp", "refused"], "TCP active": ["--media-udp", "refused", "--media-tcp", "passive"]}


def steady_state(setup, sample):
    """By RTSP over TCP and as program streams over TCP, both ways, and UDP."""
    ways = {"RTSP": lambda: by_rtsp(setup, sample)}
    for way in WAYS:
        ways[f"PS over {way}"] = lambda way=way: by_ps(setup, sample, way)
    beside_rtsp(setup.rounds, STREAMS, "B4, GB/T 28181", ways)


def by_rtsp(setup, sample):
    with Camera(setup.folder("camera"), setup.simulator, setup.clip(CLIP)) as camera, \
            Recorder(setup.folder("contender"), setup, camera, STREAMS) as recorder:
        return sample(setup, recorder, camera, STREAMS)


def by_ps(setup, sample, way):
    with Recorder(setup.folder("contender"), setup, None, 0, device_channels=STREAMS) as recorder, \
            SurveillanceDevices(setup.folder("devices"), setup.simulator, recorder, setup.clip(CLIP), STREAMS // CHANNELS, CHANNELS, 1, "127.1.0.1", *WAYS[way]) as devices:
        set_way(recorder, way, 1, STREAMS // CHANNELS)
        return sample(setup, recorder, devices, STREAMS)


def set_way(recorder, way, first, count):
    """Devices that listen are called so only where somebody says it: behind a NAT it would be in vain. Their codes end in `first` and those behind it."""
    if way != "TCP active":
        return
    wanted = {f"34020000001320{first + i:06}" for i in range(count)}
    wait(lambda: recorder.metric("edge_recorder_uptime_seconds") is not None, 30, recorder, "answer at /metrics")
    wait(lambda: wanted <= {d["identity"] for d in recorder.ask("/api/v1/devices?limit=1000")}, 60, recorder, "devices")
    for device in recorder.ask("/api/v1/devices?limit=1000"):
        if device["identity"] in wanted:
            recorder.change(f"/api/v1/devices/{device['id']}", {"mediaWay": "tcp-active"})


def crowd(setup):
    """A third of the devices by each way: every picture that was sent is looked for in the footage."""
    seconds = 20 * max(2, round((setup.warmup + setup.window) / 20))     # whole rounds of clips of 20 s
    switches = ["--loops", str(seconds // 20)]
    share = {way: DEVICES // len(WAYS) + (i < DEVICES % len(WAYS)) for i, way in enumerate(WAYS)}
    firsts = {way: 1 + 1000 * i for i, way in enumerate(WAYS)}
    with Recorder(setup.folder("contender"), setup, None, 0, ring=8 << 30, segment="4MiB", device_channels=DEVICES * CHANNELS) as recorder, \
            contextlib.ExitStack() as stack:
        all_of = {way: stack.enter_context(SurveillanceDevices(
            setup.folder(f"devices {i}"), setup.simulator, recorder, setup.clip("720p-2m.h264"), share[way], CHANNELS, firsts[way], f"127.{i + 1}.0.1", *switches, *WAYS[way]))
            for i, way in enumerate(WAYS)}
        for way in WAYS:
            set_way(recorder, way, firsts[way], share[way])

        def sent_bytes():
            return sum(d.video_bytes() for d in all_of.values())

        def playing():
            return sum(d.playing() for d in all_of.values())

        wait(lambda: playing() == DEVICES * CHANNELS, 60, recorder, "devices playing")
        for devices in all_of.values():
            devices.command("refuse 486")                    # what has ended is called again after a while; then it is not there
        began, used, sent = time.monotonic(), accounting.cpu_seconds(recorder.pids()), sent_bytes()
        wait(lambda: playing() < DEVICES * CHANNELS, 2 * seconds, recorder, "end of the clips")
        took, used = time.monotonic() - began, accounting.cpu_seconds(recorder.pids()) - used
        sent = sent_bytes() - sent
        resident = accounting.resident_bytes(recorder.pids())
        wait(lambda: playing() == 0, 30, recorder, "end of all clips")
        channels = recorder.ask("/api/v1/channels?limit=1000")
        rows = []
        for way, devices in all_of.items():
            mine = [c for c in channels if int(c["key"].split("_")[0][-6:]) // 1000 == firsts[way] // 1000]
            total = devices.totals()["video"]
            found, doubled = pictures(recorder, mine, total)
            rows.append([f"PS over {way}", f"{len(mine)} of {share[way] * CHANNELS}", total, total - found, doubled])
        gaps = sum(len([g for g in recorder.ask(f"/api/v1/channels/{c['id']}/timeline?{RANGE}")["gaps"] if g["reason"] in ("loss", "overload")]) for c in channels)
    table(
        f"{DEVICES} devices × {CHANNELS} channels × 2 Mb/s for {seconds} s: {sent * 8 / took / 1e6:.0f} Mb/s, {100 * used / took:.1f} % CPU, {used * 1e9 / sent:.2f} ns/B, "
        f"{resident / 1e6:.0f} MB RSS, gaps for loss or overload: {gaps}",
        ["", "channels", "pictures sent", "missing (0)", "doubled (0)"], rows)
