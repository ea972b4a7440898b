#!/bin/bash
# DVR+O Inspector: master recording of all channels with a clip and frame grabs beside it. Needs curl.
# inspector.sh [CONTROL [RECORDING SERVICE [SECONDS]]]     the files lie below files/inspector of the recorder's data
set -euo pipefail
control=${1:-http://127.0.0.1:13000} service=${2:-http://127.0.0.1:8088} seconds=${3:-5}
# Commands answer 200 and nothing; a command that cannot be followed answers 500 and says why.
get() { curl -sS --fail-with-body "$control/api/$1"; }
post() { curl -sS --fail-with-body -H 'Content-Type: application/json' -d "$2" "$control/api/$1"; }

echo "ping: $(get stats/ping)"
post inspector/recordingdirectory '{"Directory": "C:\\inspections\\harbour"}'            # a label: it lies below the recorder's own folder
post inspector/inspectiondirectory '{"Directory": "inspections/harbour/pictures"}'
post inspector/pathtemplate '{"DirectoryTemplate": "${yyyy}-${MM}-${dd}", "FilenameTemplate": "${hh}${mm}${ss}_${channelname}"}'
get inspector/splittime/10
get inspector/startrecording
for _ in {1..100}; do [[ $(get inspector/isrecording) == true ]] && break; sleep 0.1; done
echo "is recording: $(get inspector/isrecording), says the service: $(curl -sS "$service/api/recording/isrecording")"
echo "frame grabs: $(get inspector/takeframegrab)"
get inspector/startclip
sleep "$seconds"
echo "clip: $(get inspector/iscliprecording)"
get inspector/stopclip
get inspector/stoprecording
echo "is recording: $(get inspector/isrecording)"
[[ $(get inspector/isrecording) == false ]]
