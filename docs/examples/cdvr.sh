#!/bin/bash
# CDVR: records a camera for a while, lists its files, fetches the newest. Needs curl and jq.
# cdvr.sh [ADDRESS [SIM [CHANNEL [PROTOCOL [SECONDS]]]]]     PROTOCOL: 0 and 1 vehicle terminals (SIM their number), 2 GB/T 28181, 3 cameras (SIM the channel's key)
set -euo pipefail
base=${1:-http://127.0.0.1:30889} sim=${2:-gate} channel=${3:-1} protocol=${4:-3} seconds=${5:-5}
device="Sim=$sim&Channel=$channel&Protocol=$protocol"

# Every answer is 200 with a result: 0 is good. `detail` is text that holds JSON.
said() { jq -e -r '"\(.result) \(.resultNote) \(.detail)", (.result == 0)' | { read -r line; echo "$1: $line"; read -r good; [[ $good == true ]]; }; }

curl -fsS "$base/Record/Start?$device&CTags=example" | said start
sleep "$seconds"
curl -fsS "$base/Record/Stop?$device" | said stop

# Times without a zone are the box's; so the last five minutes are asked for in seconds since 1970.
files=$(curl -fsS -H 'Content-Type: application/json' "$base/Record/QueryVideoFiles" -d @- <<JSON
{"timeStart": "$(($(date +%s) - 300))", "timeEnd": "$(($(date +%s) + 60))", "devices": [{"sim": "$sim", "channel": ["$channel"], "protocol": $protocol}]}
JSON
)
jq -r '.[].fileList[] | "\(.startTime)  \(.endTime)  \(.fileSize) bytes  \(.fileName)"' <<<"$files"
id=$(jq -r '[.[].fileList[]] | last | .fileId // empty' <<<"$files")
[[ -n $id ]] || { echo "no file yet" >&2; exit 1; }
curl -fsS -o cdvr.mp4 "$base/Record/File/$id"
echo "cdvr.mp4: $(stat -c %s cdvr.mp4) bytes"
