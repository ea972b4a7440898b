#!/usr/bin/env python3
"""DVR+O Inspector: settings as its software sends them, a recording, what happens to a wrong command. Standard library only.

    inspector.py [--control http://127.0.0.1:13000] [--service http://127.0.0.1:8088] [--seconds 5]"""
import argparse
import json
import time
import urllib.error
import urllib.request

SETTINGS = {"Bitrate": 1, "Directory": None, "DirectoryTemplate": r"${channelname}\${yyyy}\${MM}\${dd}", "Encoder": "n265", "Filename": "${hh}${mm}${ss}_${fff}", "FrameRate": 0,
            "IsSmartEncoding": True, "ReevaluateTagsOnSplit": True, "Resolution": "0, 0", "RestartOnFailure": True, "SplitTimeMinutes": 10}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--control", default="http://127.0.0.1:13000")
    parser.add_argument("--service", default="http://127.0.0.1:8088")
    parser.add_argument("--seconds", type=float, default=5)
    options = parser.parse_args()

    def ask(path, body=None, base=options.control):
        request = urllib.request.Request(f"{base}/api/{path}", None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read()
            return json.loads(text) if text else None        # no data: the command was followed

    print("ping:", ask("stats/ping"))
    ask("recordersettings/apply", SETTINGS)
    print("templates:", json.dumps(ask("inspector/pathtemplate"), indent=1))
    try:
        ask("inspector/recordingdirectory", {"Directory": r"..\..\etc"})
        raise SystemExit("a directory outside of the recorder's was taken")
    except urllib.error.HTTPError as e:
        print(f"a directory that leads upwards: {e.code} {json.loads(e.read())['Error']}")
    ask("inspector/startrecording")
    deadline = time.monotonic() + 20
    while not ask("recording/isrecording", base=options.service)["IsRecording"]:
        if time.monotonic() > deadline:
            raise SystemExit("no channel delivers pictures")
        time.sleep(0.1)
    print("recording")
    time.sleep(options.seconds)
    ask("inspector/stoprecording")
    print("recording:", ask("inspector/encoderrunning"))


main()
