"""B5 to B7: how footage comes out of the ring again."""
import json
import os
import struct
import subprocess
import time
import urllib.request

from contenders import Camera, Recorder

HERE = os.path.dirname(os.path.realpath(__file__))
TESTS = os.path.join(os.path.dirname(HERE), "EdgeRecorder.Tests")
RANGE = "from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z"


def timeline(setup):
    """B5: the box's own API over a generated catalog and ledger; the test that checks the answers writes down how long they took."""
    result = os.path.join(setup.work, "timeline")
    subprocess.run(
        ["dotnet", "test", TESTS, "-c", "Release", "--nologo", "-v", "q", "--filter", "FullyQualifiedName~TimelineScaleTests"],
        env={**os.environ, "EDGE_RECORDER_BENCH": result}, check=True, stdout=subprocess.DEVNULL)
    with open(result) as file:
        return file.read()


def hour(setup):
    """B6: an hour at 2 Mb/s, recorded from a camera that runs 60 times as fast, out of the page cache. Where the bytes go costs more than making them, so nobody keeps them."""
    with Camera(setup.folder("camera"), setup.simulator, setup.clip("720p-2m.h264"), "--speed", "60", "--loops", "180", "--at-end", "bye") as camera, \
            Recorder(setup.folder("contender"), setup, camera, 1, ring=2 << 30) as recorder:
        channel = record_all(recorder, camera)
        request = recorder.request(f"/api/v1/channels/{channel}/footage.mp4?{RANGE}")
        path = os.path.join(setup.work, "hour.mp4")
        fetch = ["curl", "-s", "-f", "-H", f"Authorization: {request.get_header('Authorization')}", request.full_url]
        subprocess.run([*fetch, "-o", path], check=True)
        segments = os.path.join(setup.work, "segments")
        with open(segments, "w", encoding="ascii") as file:
            file.writelines(f"file '{segment}'\n" for segment in in_order(recorder.root))
        first, ours, joined, ffmpeg, exported, written, by_hand = [], [], [], [], [], [], []
        for _ in range(max(3, setup.rounds)):
            timed = subprocess.run([*fetch, "-o", "/dev/null", "-w", "%{time_starttransfer} %{time_total}"], check=True, capture_output=True, text=True).stdout.split()
            first.append(float(timed[0]))
            ours.append(float(timed[1]))
            joined.append(join(segments))
            began = time.monotonic()
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", path, "-c", "copy", "-f", "mp4", "/dev/null"], check=True)
            ffmpeg.append(time.monotonic() - began)
            exported.append(export(recorder, channel))
            began = time.monotonic()
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", path, "-c", "copy", path + ".copy.mp4"], check=True)
            written.append(time.monotonic() - began)
            os.remove(path + ".copy.mp4")
            by_hand.append(finish(segments, path + ".copy.mp4"))
        size = os.path.getsize(path)
        os.remove(path)
        return first, ours, joined, ffmpeg, exported, written, by_hand, size


def in_order(root):
    """A ring's segments in the order in which they were begun: the generation in their header (docs/design/ring.md)."""
    found = []
    for folder, _, names in os.walk(os.path.join(root, "ring")):
        for path in (os.path.join(folder, name) for name in names if name.endswith(".mp4")):
            with open(path, "rb") as file:
                kind = b""
                while kind != b"uuid":
                    size, kind = struct.unpack(">I4s", file.read(8))
                    box = file.read(size - 8)
            found.append((struct.unpack(">Q", box[36:44])[0], path))
    return [path for _, path in sorted(found)]


def join(segments):
    """Seconds that ffmpeg takes to hand over the same footage from the same files, as a recorder does that leaves its clips to it: as an MP4 that can be sent while it is made, to somebody who reads it."""
    began = time.monotonic()
    with subprocess.Popen(["ffmpeg", "-nostdin", "-v", "error", "-f", "concat", "-safe", "0", "-i", segments, "-map", "0", "-c", "copy", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov", "pipe:1"],
                          stdout=subprocess.PIPE) as ffmpeg:
        while ffmpeg.stdout.read(1 << 20):
            pass
    if ffmpeg.returncode != 0:
        raise SystemExit("ffmpeg cannot join the segments")
    return time.monotonic() - began


def finish(segments, path):
    """Seconds that the same takes with ffmpeg as an export: out of the same segments into one file, on the disk, with its digest."""
    began = time.monotonic()
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", segments, "-map", "0", "-c", "copy", path], check=True)
    subprocess.run(["sync", "--data", path], check=True)
    subprocess.run(["sha256sum", path], check=True, stdout=subprocess.DEVNULL)
    took = time.monotonic() - began
    os.remove(path)
    return took


def export(recorder, channel):
    """Seconds until all of a channel lies there as an MP4 file, on the disk and with its digest."""
    spans = recorder.ask(f"/api/v1/channels/{channel}/timeline?{RANGE}")["spans"]
    order = recorder.request("/api/v1/exports")
    order.data = json.dumps({"channel": channel, "from": spans[0]["from"], "to": spans[-1]["to"]}).encode()
    order.add_header("Content-Type", "application/json")
    began = time.monotonic()
    with urllib.request.urlopen(order) as answer:
        made = json.load(answer)
    while (made := recorder.ask(f"/api/v1/exports/{made['id']}"))["state"] in ("queued", "running"):
        time.sleep(0.02)
    took = time.monotonic() - began
    if made["state"] != "done":
        raise SystemExit(f"export: {made['state']} {made['error']}")
    recorder.remove(f"/api/v1/exports/{made['id']}")
    return took


def seams(setup, count):
    """B7: as many segments of 1 MiB as asked for; then every picture's entry in the footage, read by nothing of the recorder's, against what the camera sent."""
    loops = count * 21 // 200 + 1                            # a round of the clip is 10 MB; some room of a segment stays empty
    with Camera(setup.folder("camera"), setup.simulator, setup.clip("720p-4m.h264"), "--speed", "100", "--loops", str(loops), "--at-end", "bye") as camera, \
            Recorder(setup.folder("contender"), setup, camera, 1, ring=int(count * 1.25 + 64) << 20, segment="1MiB") as recorder:
        channel = record_all(recorder, camera)
        sent = sum(client["video"] for client in camera.stats())
        with urllib.request.urlopen(recorder.request(f"/api/v1/channels/{channel}/footage.mp4?verbatim=1&{RANGE}")) as answer:
            generations, starts, total = set(), [], 0
            while record := read_record(answer):
                generation, start, pictures = record
                generations.add(generation)
                starts.append(start)
                total += pictures
        doubled = len(starts) - len(set(starts))
        return len(generations) - 1, sent, max(0, sent - total), max(doubled, total - sent)


def record_all(recorder, camera):
    """Waits until the camera has sent all it has and the ring holds it; the channel's id."""
    deadline = time.monotonic() + 1800
    while not camera.playing():
        recorder.check()
        time.sleep(0.05)
    camera.control.sendall(b"refuse 3600\n")                 # once is enough
    camera.answers.readline()
    while camera.playing():
        camera.check()
        recorder.check()
        if time.monotonic() > deadline:
            raise SystemExit("the camera does not come to its end")
        time.sleep(0.2)
    channel = recorder.ask("/api/v1/channels")[0]["id"]
    known = None
    while (spans := recorder.ask(f"/api/v1/channels/{channel}/timeline?{RANGE}")["spans"]) != known:
        known = spans
        time.sleep(3)                                        # longer than a fragment and a round: what grows no more is all
    return channel


def read_record(stream):
    """Generation, media start and number of pictures of the next record (docs/design/ring.md; the pictures from its `trun`); None at the end."""
    while head := stream.read(8):
        size, kind = struct.unpack(">I4s", head)
        if kind != b"uuid":
            stream.read(size - 8)                            # ftyp, moov
            continue
        record = stream.read(size - 8)
        generation, start = struct.unpack(">Q", record[36:44])[0], struct.unpack(">q", record[64:72])[0]
        length = struct.unpack(">I", record[60:64])[0]
        media = stream.read(length - size)
        at = media.index(b"trun")
        return generation, start, struct.unpack(">I", media[at + 8:at + 12])[0]
    return None
