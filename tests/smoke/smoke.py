#!/usr/bin/env python3
"""smoke.py PROGRAM: starts what was published, records from a simulated camera, asks every route of docs/api/openapi.json,
stops it with SIGTERM and looks at exit code, log and size. Standard library only."""
import base64, gzip, json, os, pathlib, re, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_BYTES = 40_000_000                                   # budget B10
RECORD_SECONDS = 8
failures = []


def check(good, what):
    print(("ok    " if good else "FAIL  ") + what)
    if not good:
        failures.append(what)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def request(base, path, method="GET", body=None, auth=None, headers=None):
    r = urllib.request.Request(base + path, method=method, data=None if body is None else json.dumps(body).encode(), headers=dict(headers or {}))
    if body is not None:
        r.add_header("Content-Type", "application/json")
    if auth:
        r.add_header("Authorization", "Basic " + base64.b64encode(auth.encode()).decode())
    try:
        with urllib.request.urlopen(r, timeout=20) as a:
            return a.status, dict(a.headers), a.read()
    except urllib.error.HTTPError as e:
        return e.code, dict(e.headers), e.read()
    except (urllib.error.URLError, ConnectionError, TimeoutError) as e:
        return 0, {}, str(e).encode()


def wait_until(what, seconds, condition):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    check(False, f"{what} within {seconds} s")
    return False


def page(base):
    """The document and what it names, as browsers ask for them."""
    status, headers, body = request(base, "/", headers={"Accept-Encoding": "gzip"})
    named = re.findall(r'(?:src|href)="([^"]+)"', gzip.decompress(body).decode())
    answers = [request(base, path, headers={"Accept-Encoding": "gzip, deflate, br"}) for path in named]
    check(status == 200 and "default-src 'none'" in headers.get("Content-Security-Policy", "") and len(named) > 2 and all(a[0] == 200 and a[2] for a in answers),
          f"the page and {len(named)} files")


def iso(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def camera(directory):
    """The simulator that serves a clip; SMOKE_CAMERA names another camera instead."""
    if os.environ.get("SMOKE_CAMERA"):
        return None, os.environ["SMOKE_CAMERA"]
    clips = ROOT / "artifacts/clips"
    subprocess.run([ROOT / "tests/data/make-clips", clips], check=True)
    subprocess.run(["dotnet", "build", ROOT / "tests/Simulators", "-c", "Release", "-v", "q", "-nologo"], check=True, stdout=subprocess.DEVNULL)
    process = subprocess.Popen(
        ["dotnet", ROOT / "tests/Simulators/bin/Release/net10.0/simulators.dll", "camera", "--video", clips / "small.h264", "--audio", clips / "10s.aac",
         "--port", "0", "--control", "0", "--exit-with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=open(directory / "camera.log", "w"), text=True)
    words = process.stdout.readline().split()              # "listening 127.0.0.1:PORT control PORT"
    if words[:1] != ["listening"]:
        sys.exit(f"the simulated camera does not start: {(directory / 'camera.log').read_text()}")
    return process, f"rtsp://{words[1]}/live"


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    size = sum(f.stat().st_size for f in program.parent.rglob("*") if f.is_file())
    check(size <= MOST_BYTES, f"size {size / 1e6:.1f} MB of {MOST_BYTES / 1e6:.0f} MB")
    check(not list(program.parent.glob("*.pdb")), "no symbols")
    version = subprocess.run([program, "--version"], capture_output=True, text=True)
    check(version.returncode == 0 and re.match(r"edge-recorder \d", version.stdout), f"--version: {version.stdout.strip()}")
    with tempfile.TemporaryDirectory(prefix="edge-recorder-smoke-") as temporary:
        run(program, pathlib.Path(temporary))
    if failures:
        sys.exit(f"{len(failures)} failure(s)")
    print("smoke: all good")


def run(program, directory):
    source, url = camera(directory)
    port, tls = free_port(), free_port()
    closed = {"enabled": False}
    config = directory / "recorder.json"
    config.write_text(json.dumps({
        "storage": {"root": str(directory / "root"), "ring": {"size": "256MiB", "segmentSize": "1MiB"}},
        "channels": [{"key": "smoke", "name": "Smoke", "url": url}], "jt808": closed, "gb28181": closed,
        "api": {"box": {"port": port, "tlsPort": tls, "tlsBind": "127.0.0.1"}, "cdvr": closed, "axxon": closed, "ome": closed, "inspector": closed}}))
    bad = directory / "bad.json"
    bad.write_text('{\n  "storage": { "rooot": 1 }\n}')
    wrong = subprocess.run([program, "serve", "--config", bad], capture_output=True, text=True)
    check(wrong.returncode == 2 and f"{bad}:2: storage.rooot" in wrong.stderr, f"a wrong key ends with 2: {wrong.stderr.strip()}")
    good = subprocess.run([program, "check-config", config], capture_output=True, text=True)
    check(good.returncode == 0, f"check-config: {(good.stdout + good.stderr).strip()}")

    base = f"http://127.0.0.1:{port}"
    begun = time.time()
    try:
        with Life(program, config, directory / "first.log", base):
            page(base)
            before = ask(base, tls, directory, begun)
            second = subprocess.run([program, "serve", "--config", config, f"--api:box:port={free_port()}", "--api:box:tlsPort=0"], capture_output=True, text=True, timeout=30)
            check(second.returncode == 1 and "another recorder" in second.stderr, f"a second daemon on one root: {second.stderr.strip()}")
        with Life(program, config, directory / "second.log", base):
            again(base, directory, before)
    finally:
        if source:
            source.terminate()
            source.wait(10)


class Life:
    """One life of the daemon: from /healthz to the exit code of SIGTERM and a look at the log."""

    def __init__(self, program, config, log, base):
        self.log, self.base = log, base
        self.begun = time.time()
        self.process = subprocess.Popen([program, "serve", "--config", config], stdout=open(log, "w"), stderr=subprocess.STDOUT)

    def __enter__(self):
        if not wait_until("/healthz is 200", 20, lambda: self.process.poll() is not None or request(self.base, "/healthz")[0] == 200) or self.process.poll() is not None:
            self._end()
            sys.exit(f"the recorder does not start (exit code {self.process.returncode}):\n{self.log.read_text()}")
        print(f"      /healthz after {time.time() - self.begun:.2f} s")
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            resident = int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text()).group(1))
            print(f"      resident {resident / 1000:.1f} MB")
        self._end()
        check(self.process.returncode == 0, f"SIGTERM ends with 0 (was {self.process.returncode})")
        text = self.log.read_text()
        errors = [line for line in text.splitlines() if re.search(r" (ERR|FTL) |Unhandled exception", line)]
        check(not errors, f"log without errors ({len(text.splitlines())} lines)")
        if failures:
            print(text)

    def _end(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def ask(base, tls, directory, begun):
    auth = "admin:" + (directory / "root/initial-admin-password").read_text()
    channel = json.loads(request(base, "/api/v1/channels", auth=auth)[2])[0]["id"]
    state = lambda: json.loads(request(base, f"/api/v1/channels/{channel}", auth=auth)[2])["state"]
    wait_until("the channel records", 15, lambda: state()["state"] == "recording")
    span = f"from={iso(begun - 5)}&to={iso(begun + 3600)}"

    def seconds():
        timeline = json.loads(request(base, f"/api/v1/channels/{channel}/timeline?{span}", auth=auth)[2])
        ends = [time.mktime(time.strptime(s[k][:19], "%Y-%m-%dT%H:%M:%S")) for s in timeline["spans"] for k in ("from", "to")]
        return max(ends) - min(ends) if ends else 0

    wait_until(f"{RECORD_SECONDS} s of footage", RECORD_SECONDS + 15, lambda: seconds() >= RECORD_SECONDS)
    status, headers, footage = request(base, f"/api/v1/channels/{channel}/footage.mp4?{span}", auth=auth)
    check(status == 200 and footage[4:8] == b"ftyp", f"footage.mp4: {status}, {len(footage)} bytes")
    if status == 200:
        check(decodes(directory / "footage.mp4", footage), "ffmpeg decodes it, picture and sound")
        part = request(base, f"/api/v1/channels/{channel}/footage.mp4?{span}", auth=auth, headers={"Range": "bytes=10-19"})
        check(part[0] == 206 and len(part[2]) == 10, f"a range of it: {part[0]}")
    nothing = request(base, f"/api/v1/channels/{channel}/footage.mp4?from=1999-01-01T00:00:00Z&to=1999-01-02T00:00:00Z", auth=auth)
    check(nothing[0] == 404, f"a day without footage: {nothing[0]}")
    every_route(base, auth, channel, span)
    metrics = request(base, "/metrics", auth=auth)[2].decode()
    fragments = re.search(r"^edge_recorder_fragments_total (\S+)", metrics, re.M)
    check(fragments and float(fragments.group(1)) > 0, f"edge_recorder_fragments_total {fragments and fragments.group(1)}")
    channels = json.loads(request(base, "/api/v1/channels", auth=auth)[2])
    check(channels[0]["state"]["lossCount"] == 0 and channels[0]["state"]["reconnects"] == 0, "nothing was lost on the way")
    check(subprocess.run(["curl", "-ksf", "-u", auth, f"https://127.0.0.1:{tls}/api/v1/status"], stdout=subprocess.DEVNULL).returncode == 0, "TLS answers")
    past = f"from={iso(begun - 5)}&to={iso(time.time() - 3)}"
    return channel, past, request(base, f"/api/v1/channels/{channel}/footage.mp4?{past}", auth=auth)[2]


def decodes(path, footage):
    """Whether ffmpeg has no complaint and finds what the camera sends."""
    path.write_bytes(footage)
    decoded = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-f", "null", "-"], capture_output=True, text=True)
    streams = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "stream=codec_name", "-of", "csv=p=0", path], capture_output=True, text=True).stdout.split()
    if decoded.returncode or decoded.stderr:
        print(decoded.stderr[:1000])
    return decoded.returncode == 0 and not decoded.stderr and (os.environ.get("SMOKE_CAMERA") or streams == ["h264", "aac"])


def again(base, directory, before):
    """After a restart: the same footage, byte for byte, and the recording goes on."""
    auth = "admin:" + (directory / "root/initial-admin-password").read_text()
    channel, past, footage = before
    status, _, same = request(base, f"/api/v1/channels/{channel}/footage.mp4?{past}", auth=auth)
    check(status == 200 and same == footage, f"footage of before the restart, {len(same)} of {len(footage)} bytes")
    wait_until("the channel records again", 15, lambda: json.loads(request(base, f"/api/v1/channels/{channel}", auth=auth)[2])["state"]["lastFragment"])
    now = f"from={iso(time.time() - 3600)}&to={iso(time.time() + 3600)}"
    gaps = json.loads(request(base, f"/api/v1/channels/{channel}/timeline?{now}", auth=auth)[2])["gaps"]
    check([g["reason"] for g in gaps][-1:] == ["restart"], f"the gap is in the timeline: {gaps}")


def every_route(base, auth, channel, span):
    """Every operation of the document, with what makes it succeed where that is known; never a 500, never a 404 of the router."""
    document = json.loads((ROOT / "docs/api/openapi.json").read_text())
    served = request(base, "/openapi/v1.json", auth=auth)
    check(served[0] == 200 and json.loads(served[2]) == document, "the OpenAPI document is the one checked in")
    bodies = {
        ("post", "/api/v1/channels"): {"name": "second", "url": "rtsp://127.0.0.1:9/", "record": False},
        ("put", "/api/v1/channels/{id}/record"): {"on": True},
        ("post", "/api/v1/recordings"): {"channels": [channel]},
        ("post", "/api/v1/locks"): {"channel": channel, "from": iso(time.time() - 10), "to": iso(time.time() - 5), "reason": "smoke"},
        ("post", "/api/v1/schedules"): {"name": "smoke", "windows": [{"days": ["mon"], "from": "00:00", "to": "00:01"}]},
        ("post", "/api/v1/exports"): {"channel": channel, "from": iso(time.time() - 5), "to": iso(time.time() - 3)},
        ("post", "/api/v1/users"): {"name": "smoke", "password": "smoke-password", "role": "viewer"},
        ("post", "/api/v1/tokens"): {"name": "smoke", "role": "viewer"},
        ("post", "/api/v1/devices"): {"protocol": "jt808", "identity": "13900000001"},
        ("post", "/api/v1/devices/{id}/channels"): {"channel": "1"},
        ("post", "/api/v1/devices/{id}/footage"): {"channel": "1", "from": iso(time.time() - 10), "to": iso(time.time() - 5)},
        ("patch", "/api/v1/devices/{id}"): {"name": "smoke"},
        ("post", "/api/v1/channels/{id}/ptz"): {"action": "stop"},
        ("post", "/api/v1/devices/{id}/commands"): {"command": "arm"},
        ("post", "/api/v1/panel/press"): {"milliseconds": 100},
        ("put", "/api/v1/panel/outputs/{line}"): {"on": False},
        ("put", "/api/v1/panel/inputs/{line}"): {"active": False},
        ("post", "/api/v1/session"): dict(zip(("user", "password"), auth.split(":", 1))),
        ("post", "/api/v1/probe"): {"url": "rtsp://127.0.0.1:9/"},
        ("put", "/api/v1/session/password"): {"old": "not it", "new": "long enough"},
    }
    expected = {("post", "/api/v1/probe"): {502}, ("put", "/api/v1/session/password"): {403}, ("delete", "/api/v1/channels/{id}"): {409},
                # A camera is not moved; a device that was only listed is not there.
                ("post", "/api/v1/channels/{id}/ptz"): {409}, ("get", "/api/v1/channels/{id}/presets"): {409}, ("post", "/api/v1/devices/{id}/commands"): {409},
                ("post", "/api/v1/devices/{id}/footage"): {409}, ("get", "/api/v1/devices/{id}/footage"): {404, 409},
                ("post", "/api/v1/devices/{id}/catalog"): {409}, ("put", "/api/v1/panel/inputs/{line}"): {409},
                ("get", "/api/v1/devices/{id}"): {404}, ("get", "/api/v1/devices/{id}/footage/requests/{request}"): {404}, ("delete", "/api/v1/devices/{id}/footage/requests/{request}"): {404},
                ("get", "/api/v1/channels/{id}/live"): {426}, ("get", "/api/v1/channels/{id}/live/{variant}/{file}"): {404},
                **{(method, "/api/v1/channels/{id}/ring/{name}"): {404} for method in ("get", "head")}}
    made = {}
    order = {"get": 0, "head": 1, "post": 2, "put": 3, "patch": 4, "delete": 5}
    operations = sorted(((m, p) for p, o in document["paths"].items() for m in o if m in order), key=lambda x: (order[x[0]], x[1]))
    for method, path in operations:
        operation = document["paths"][path][method]
        reserved = "reserved" in operation.get("tags", [])
        collection = path.split("/{")[0]
        real = path.replace("{id}", channel if "/channels/" in path else made.get(collection, "none")).replace("{name}", "smoke")
        real = real.replace("{variant}", "main-browser-normal").replace("{file}", "0.mp4").replace("{line}", "BUZZER")
        if path.endswith(("timeline", "footage.mp4", "playback.m3u8", "}/footage")) and method in ("get", "head"):
            real += "?" + span
        body = bodies.get((method, path), {} if method in ("post", "put", "patch") else None)
        status, _, answer = request(base, real, method.upper(), body, auth)
        if method == "post" and status == 201 and answer:
            made[path] = json.loads(answer).get("id", "none")
        nothing = collection not in made and "{id}" in path and "/channels/" not in path
        wanted = {501} if reserved else expected.get((method, path)) or ({404} if nothing else {200, 201, 204})
        if status not in wanted:
            check(False, f"{method.upper()} {real}: {status}, not {sorted(wanted)}: {answer[:200]!r}")
    check(True, f"{len(operations)} operations asked")


if __name__ == "__main__":
    main()
