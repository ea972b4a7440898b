#!/usr/bin/env python3
"""CDVR: records several channels at once with BatchStart, shows what is there, downloads with Range. Standard library only.

    cdvr.py [--base http://127.0.0.1:30889] [--seconds 5] PROTOCOL:SIM:CHANNEL ...        default 3:gate:1"""
import argparse
import json
import time
import urllib.request


class Cdvr:
    def __init__(self, base):
        self.base = base

    def ask(self, path, body=None, headers=()):
        request = urllib.request.Request(self.base + path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json", **dict(headers)})
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.read()

    def batch(self, operation, devices):
        result = json.loads(self.ask(f"/Record/{operation}", devices)[1])
        for entry in json.loads(result["detail"] or "[]"):   # text that holds JSON: an entry for each channel
            print(f"{operation}: {entry['sim']}/{entry['channel']}: {entry['result']} {entry['resultNote']}")
        if result["result"]:
            raise SystemExit(f"{operation}: {result['result']} {result['resultNote']}")

    def files(self, devices, since):
        _, text = self.ask("/Record/QueryVideoFiles", {"timeStart": str(int(since)), "devices": devices})
        return [file for group in json.loads(text) for file in group["fileList"]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("channels", nargs="*", default=["3:gate:1"])
    parser.add_argument("--base", default="http://127.0.0.1:30889")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()
    devices = [{"sim": sim, "channel": [channel], "protocol": int(protocol)} for protocol, sim, channel in (c.split(":") for c in options.channels)]
    cdvr, begun = Cdvr(options.base), time.time()
    cdvr.batch("BatchStart", devices)
    time.sleep(options.seconds)
    cdvr.batch("BatchStop", devices)
    files = cdvr.files(devices, begun - 60)
    for file in files:
        print(f"{file['startTime']} to {file['endTime']}: {file['fileSize']} bytes, {file['fileName']}")
    if not files:
        raise SystemExit("no file yet")
    status, head = cdvr.ask(f"/Record/File/{files[-1]['fileId']}", headers={"Range": "bytes=0-31"}.items())
    print(f"its first bytes ({status}): {head!r}")
    assert status == 206 and head[4:8] == b"ftyp"


main()
