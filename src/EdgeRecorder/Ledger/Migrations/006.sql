-- Recordings with a state, an owner's own id, counters and files; channels may be awaited. Those that ran go on, with the ids they had.
ALTER TABLE recordings RENAME TO recordings_before;
CREATE TABLE recordings (
    id                TEXT PRIMARY KEY,              -- families: uuid, lower case
    owner             TEXT    NOT NULL,              -- cdvr, ome, inspector, axxon, box, button, schedule
    external_id       TEXT    NOT NULL DEFAULT '',   -- the owner's own id; empty: none
    kind              TEXT    NOT NULL DEFAULT 'record', -- record, clip
    channels          TEXT    NOT NULL,              -- numbers, separated by commas; empty while the channel is awaited
    awaits            TEXT    NOT NULL DEFAULT '',   -- what a channel that is not there yet will be known by
    stream            INTEGER NOT NULL DEFAULT 0,    -- 0 main, 1 sub
    until_utc_ms      INTEGER,                       -- null: until stopped
    plan              TEXT    NOT NULL DEFAULT '',   -- JSON of the owner: templates, split rules, tracks, metadata
    created_by        TEXT    NOT NULL,
    created_utc_ms    INTEGER NOT NULL,
    state             TEXT    NOT NULL,              -- ready, recording, stopping, stopped, error
    error             TEXT    NOT NULL DEFAULT '',
    start_utc_ms      INTEGER,                       -- first media, or beginning of the file being written
    finish_utc_ms     INTEGER,
    sequence          INTEGER NOT NULL DEFAULT 0,    -- files so far; these and what follows are a few seconds old after a crash
    bytes             INTEGER NOT NULL DEFAULT 0,    -- of the file being written, or of the last one
    milliseconds      INTEGER NOT NULL DEFAULT 0,
    total_bytes       INTEGER NOT NULL DEFAULT 0,
    total_milliseconds INTEGER NOT NULL DEFAULT 0,
    start_code        TEXT    NOT NULL DEFAULT '',   -- 16 random characters, new per start
    path              TEXT    NOT NULL DEFAULT '',   -- of the file being written, or of the last one
    info_path         TEXT    NOT NULL DEFAULT ''
) STRICT;
INSERT INTO recordings (id, owner, channels, until_utc_ms, created_by, created_utc_ms, state, start_utc_ms, finish_utc_ms)
    SELECT id, owner, channels, CASE state WHEN 'running' THEN until_utc_ms END, created_by, from_utc_ms, CASE state WHEN 'running' THEN 'ready' ELSE 'stopped' END, from_utc_ms,
        CASE state WHEN 'running' THEN NULL ELSE coalesce(until_utc_ms, from_utc_ms) END FROM recordings_before;
DROP TABLE recordings_before;
CREATE UNIQUE INDEX recordings_by_external_id ON recordings (owner, external_id) WHERE external_id <> '' AND state <> 'stopped';
CREATE INDEX recordings_open ON recordings (owner) WHERE state <> 'stopped';
CREATE INDEX recordings_stopped ON recordings (owner, finish_utc_ms) WHERE state = 'stopped';

-- Files of their own that follow the ring for a recording; what plain ring footage is shown as stands nowhere.
CREATE TABLE recording_files (
    file_id           TEXT PRIMARY KEY,              -- uuid, lower case
    recording_id      TEXT    NOT NULL,
    channel_number    INTEGER NOT NULL,
    stream            INTEGER NOT NULL,
    sequence          INTEGER NOT NULL,              -- within the recording
    from_utc_us       INTEGER NOT NULL,
    to_utc_us         INTEGER NOT NULL,              -- as of the last report while it is written
    path              TEXT    NOT NULL,              -- below storage.root
    bytes             INTEGER NOT NULL,
    container         TEXT    NOT NULL,              -- mp4, ts
    finished          INTEGER NOT NULL               -- 1: closed and under its last name
) STRICT;
CREATE INDEX recording_files_by_channel ON recording_files (channel_number, stream, from_utc_us);
CREATE INDEX recording_files_by_recording ON recording_files (recording_id, sequence);
CREATE INDEX recording_files_by_age ON recording_files (finished, from_utc_us);
