#!/bin/bash
# AxxonSoft export: takes seconds that were recorded out of the archive. Needs curl and jq.
# axxon.sh [ADDRESS [CHANNEL NUMBER [SECONDS [FORMAT]]]]     FORMAT: mp4, mkv, avi, jpg, pdf
set -euo pipefail
base=${1:-http://127.0.0.1:8000} number=${2:-1} seconds=${3:-5} format=${4:-mp4}
end=$(($(date +%s) - 2))                                    # what is older than that is on the disk
stamp() { date -u -d "@$1" +%Y%m%dT%H%M%S; }

# 202, and where the export is asked for.
place=$(curl -fsS -o /dev/null -D - -H 'Content-Type: application/json' -d "{\"format\":\"$format\",\"comment\":\"example\"}" \
    "$base/export/archive/Server1/DeviceIpint.$number/SourceEndpoint.video:0:0/$(stamp $((end - seconds)))/$(stamp $end)" | tr -d '\r' | sed -n 's/^[Ll]ocation: //p')
for _ in {1..300}; do
    status=$(curl -fsS "$base$place/status")
    (($(jq .state <<<"$status") >= 2)) && break             # 0 waits, 1 runs; 2 is done, the rest says why not
    sleep 0.2
done
jq -c . <<<"$status"
[[ $(jq .state <<<"$status") == 2 ]] || exit 1
name=$(jq -r '.files[0]' <<<"$status")
curl -fsS -G -o "axxon.$format" --data-urlencode "name=$name" "$base$place/file"
curl -fsS -X DELETE "$base$place"
echo "axxon.$format: $(stat -c %s "axxon.$format") bytes, was $name"
