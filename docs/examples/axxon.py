#!/usr/bin/env python3
"""AxxonSoft export: films the next seconds of a channel (a live export) and watches its progress. Standard library only.

    axxon.py [--base http://127.0.0.1:8000] [--channel 1] [--seconds 5]"""
import argparse
import datetime
import json
import time
import urllib.parse
import urllib.request


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="http://127.0.0.1:8000")
    parser.add_argument("--channel", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()

    def ask(method, path, body=None):
        request = urllib.request.Request(options.base + path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.headers, answer.read()

    now = datetime.datetime.now(datetime.timezone.utc)
    begin, end = (f"{t:%Y%m%dT%H%M%S}" for t in (now, now + datetime.timedelta(seconds=options.seconds + 1)))
    headers, _ = ask("POST", f"/export/live/Server1/DeviceIpint.{options.channel}/SourceEndpoint.video:0:0/{begin}/{end}", {"format": "mp4"})
    place = headers["Location"]
    deadline = time.monotonic() + options.seconds + 60
    while True:
        status = json.loads(ask("GET", f"{place}/status")[1])
        print(f"state {status['state']}, {status['progress']:.0%}")
        if status["state"] >= 2:
            break
        if time.monotonic() > deadline:
            raise SystemExit("it does not end")
        time.sleep(1)
    if status["state"] != 2:
        raise SystemExit(f"no export: {status['error']}")
    for name in status["files"]:
        _, content = ask("GET", f"{place}/file?name={urllib.parse.quote(name)}")
        assert content[4:8] == b"ftyp"
        print(f"{name}: {len(content)} bytes")
    ask("DELETE", place)


main()
