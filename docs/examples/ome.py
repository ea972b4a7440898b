#!/usr/bin/env python3
"""OvenMediaEngine: records a stream in pieces of two seconds as MP4 and lists what comes of it. Standard library only.

    ome.py [--base http://127.0.0.1:8081] [--token ome-access-token] [--stream gate] [--seconds 6]"""
import argparse
import base64
import json
import os
import time
import urllib.error
import urllib.request


class Ome:
    def __init__(self, base, token):
        self.base = f"{base}/v1/vhosts/default/apps/app"
        self.headers = {"Authorization": f"Basic {base64.b64encode(token.encode()).decode()}", "Content-Type": "application/json"}

    def call(self, action, body):
        request = urllib.request.Request(f"{self.base}:{action}", json.dumps(body).encode(), self.headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
                return json.loads(text)["response"] if text else []
        except urllib.error.HTTPError as e:
            raise SystemExit(f"{action}: {json.loads(e.read())['message']}") from e


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="http://127.0.0.1:8081")
    parser.add_argument("--token", default="ome-access-token")
    parser.add_argument("--stream", default="gate")
    parser.add_argument("--seconds", type=float, default=6)
    options = parser.parse_args()
    ome, job = Ome(options.base, options.token), {"id": f"pieces-{os.getpid()}"}
    ome.call("startRecord", {**job, "stream": {"name": options.stream}, "filePath": "/pieces/${Stream}_${Sequence}_${StartTime:hhmmss}.mp4", "infoPath": "/pieces/${Stream}.xml",
                             "interval": 2000, "segmentationRule": "discontinuity", "metadata": "example"})
    end, last = time.monotonic() + options.seconds, None
    while time.monotonic() < end:
        now = ome.call("records", job)[0]
        if (now["state"], now.get("sequence")) != last:
            last = now["state"], now.get("sequence")
            print(f"{now['state']}: piece {now.get('sequence', '-')}, {now.get('totalRecordTime', 0)} ms in all, {now['filePath']}")
        time.sleep(0.2)
    ome.call("stopRecord", job)
    deadline = time.monotonic() + 20
    while (now := ome.call("records", job)[0])["state"] != "stopped":
        if time.monotonic() > deadline:
            raise SystemExit(f"it does not end: {now}")
        time.sleep(0.1)
    print(f"stopped: {now['totalRecordTime']} ms, {now['totalRecordBytes']} bytes in {now['sequence'] + 1} pieces")
    assert now["totalRecordBytes"] > 0


main()
