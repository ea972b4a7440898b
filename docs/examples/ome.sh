#!/bin/bash
# OvenMediaEngine: records a stream into files of its own. Needs curl and jq.
# ome.sh [ADDRESS [STREAM [TOKEN [SECONDS]]]]     the files lie below files/ome of the recorder's data
set -euo pipefail
base=${1:-http://127.0.0.1:8081} stream=${2:-gate} token=${3:-ome-access-token} seconds=${4:-5}
id="example-$$"

# Authorization is Basic with the token alone, without a user.
call() { curl -sS -H "Authorization: Basic $(printf %s "$token" | base64 -w0)" -H 'Content-Type: application/json' -d "$2" "$base/v1/vhosts/default/apps/app:$1"; }
good() { jq -c --arg what "$1" 'if .statusCode == 200 then {($what): .response[0] | {state, filePath, sequence, recordTime, totalRecordBytes}} else error("\($what): \(.message)") end'; }

call startRecord "{\"id\":\"$id\",\"stream\":{\"name\":\"$stream\",\"tracks\":[]},\"filePath\":\"/example/\${Stream}_\${StartTime:YYYYMMDDhhmmss}_\${Sequence}.ts\",\"infoPath\":\"/example/\${Stream}.xml\"}" | good start
sleep "$seconds"
call records "{\"id\":\"$id\"}" | good records
call stopRecord "{\"id\":\"$id\"}" | good stop
for _ in {1..100}; do
    state=$(call records "{\"id\":\"$id\"}" | jq -r '.response[0].state')
    [[ $state == stopped ]] && break
    sleep 0.1
done
call records "{\"id\":\"$id\"}" | good end
[[ $state == stopped ]]
