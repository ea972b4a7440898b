-- ledger.db: what cannot be rebuilt from the footage (DESIGN section 5). Schema version 7.
-- A new ledger is made from this file; an older one is brought up by Migrations/NNN.sql, each one version.
-- Times: *_utc_ms is Unix time in milliseconds; *_boottime_us is CLOCK_BOOTTIME in microseconds within the boot *_boot_number names.

-- Boots of the box and what is known of the wall clock in each: utc = boottime + offset. A better clock re-dates everything by one row.
CREATE TABLE boots (
    boot_number       INTEGER PRIMARY KEY,           -- 1…, counts up at every start on a new boot id
    boot_id           TEXT    NOT NULL UNIQUE,       -- /proc/sys/kernel/random/boot_id
    offset_us         INTEGER NOT NULL,              -- Unix time minus CLOCK_BOOTTIME
    quality           INTEGER NOT NULL,              -- ClockQuality: 0 unset, 1 rtc, 2 device, 3 gps, 4 ntp
    anchored_boottime_us INTEGER NOT NULL            -- when the offset was taken
) STRICT;

-- Recordable inputs. Numbers and ids are never given twice, so a removed channel keeps its row.
CREATE TABLE channels (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,
    id                TEXT    NOT NULL UNIQUE,       -- opaque, URL-safe
    key               TEXT    NOT NULL,
    protocol          TEXT    NOT NULL,              -- rtsp, jt808, gb28181
    name              TEXT    NOT NULL,
    url               TEXT    NOT NULL,              -- password replaced by ***
    url_secret        BLOB,                          -- whole address, encrypted with the box secret; null when it holds no password
    sub_url           TEXT,
    sub_url_secret    BLOB,
    record            INTEGER NOT NULL,              -- what the API said last, or the file
    file_record       INTEGER,                       -- what the file said when `record` was set; null: not from the file
    transport         TEXT    NOT NULL,
    audio             INTEGER NOT NULL,
    priority          INTEGER NOT NULL,
    min_size          TEXT, max_size TEXT,           -- as configured: 20GiB, 10%
    min_age_s         INTEGER, max_age_s INTEGER,
    from_file         INTEGER NOT NULL,              -- 1: the file names it, the row only keeps number, id and record
    removed           INTEGER NOT NULL DEFAULT 0,    -- 1: stopped; footage and number stay
    created_utc_ms    INTEGER NOT NULL,
    device_number     INTEGER,                       -- of devices; null: an address of its own
    device_channel    TEXT                           -- what the device calls it: jt808 1…255, gb28181 20 digits
) STRICT;
CREATE UNIQUE INDEX channels_by_key ON channels (key COLLATE NOCASE) WHERE removed = 0;

CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE users (
    name              TEXT PRIMARY KEY COLLATE NOCASE,
    role              TEXT    NOT NULL,              -- viewer, operator, admin
    salt              BLOB    NOT NULL,
    hash              BLOB    NOT NULL,              -- PBKDF2-SHA-256
    iterations        INTEGER NOT NULL,
    initial           INTEGER NOT NULL,              -- 1: still the password made at first boot
    created_utc_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE tokens (
    id                TEXT PRIMARY KEY,
    name              TEXT    NOT NULL,
    role              TEXT    NOT NULL,
    hash              BLOB    NOT NULL UNIQUE,       -- SHA-256 of the token; 256 random bits need no salt
    created_by        TEXT    NOT NULL,
    created_utc_ms    INTEGER NOT NULL,
    expires_utc_ms    INTEGER
) STRICT;

-- Sessions of pages; the cookie itself stands nowhere. They outlive a restart, or every screen in the guard room would have to log in again.
CREATE TABLE sessions (
    hash              BLOB PRIMARY KEY,              -- SHA-256 of the cookie
    user              TEXT    NOT NULL COLLATE NOCASE,
    last_utc_ms       INTEGER NOT NULL               -- of the last request, a few minutes coarse
) STRICT, WITHOUT ROWID;

-- Why there is no footage. A row without end is a gap that lasts.
CREATE TABLE gaps (
    id                INTEGER PRIMARY KEY,
    channel_number    INTEGER NOT NULL,
    stream            INTEGER NOT NULL,              -- 0 main, 1 sub
    reason            INTEGER NOT NULL,              -- GapReason
    start_boot_number INTEGER NOT NULL,
    start_boottime_us INTEGER NOT NULL,
    end_boot_number   INTEGER,
    end_boottime_us   INTEGER
) STRICT;
CREATE INDEX gaps_by_start ON gaps (channel_number, stream, start_boot_number, start_boottime_us);
CREATE INDEX gaps_open ON gaps (channel_number, stream) WHERE end_boot_number IS NULL;

-- What connects to us: vehicle terminals, surveillance devices. Numbers and ids are never given twice, so a forgotten device keeps its row.
CREATE TABLE devices (
    number            INTEGER PRIMARY KEY AUTOINCREMENT,
    id                TEXT    NOT NULL UNIQUE,       -- opaque, URL-safe
    protocol          TEXT    NOT NULL,              -- jt808, gb28181
    identity          TEXT    NOT NULL,              -- jt808: the SIM without leading zeros; gb28181: 20 digits
    name              TEXT    NOT NULL,              -- what people call it; empty: its plate, or its identity
    state             TEXT    NOT NULL,              -- waiting, approved, refused
    manufacturer      TEXT    NOT NULL DEFAULT '',   -- as it registered
    model             TEXT    NOT NULL DEFAULT '',
    serial            TEXT    NOT NULL DEFAULT '',   -- jt808: terminal ID
    plate             TEXT    NOT NULL DEFAULT '',   -- plate, or VIN where it has none
    plate_color       INTEGER,                       -- JT/T 415: 0 none (then it is a VIN), 1 blue, 2 yellow, 3 black, 4 white, 9 other
    code              BLOB,                          -- jt808: authority code that it was given, or showed first; gb28181: password of its own, encrypted with the box secret
    record            INTEGER NOT NULL,              -- 1: channels that appear record
    two_streams       INTEGER NOT NULL DEFAULT 0,    -- 1: can send main and sub at once
    g726_order        TEXT    NOT NULL DEFAULT 'auto', -- auto, rfc3551, aal2: order of code words in an octet
    clock             TEXT    NOT NULL DEFAULT 'auto', -- auto, local, utc: what its times mean
    removed           INTEGER NOT NULL DEFAULT 0,
    first_seen_utc_ms INTEGER,                       -- null: added by hand and never seen
    last_seen_utc_ms  INTEGER,                       -- a few minutes coarse while it is connected
    created_utc_ms    INTEGER NOT NULL,
    media_way         TEXT    NOT NULL DEFAULT 'auto'  -- gb28181: auto, udp, tcp-passive, tcp-active
) STRICT;
CREATE UNIQUE INDEX devices_by_identity ON devices (protocol, identity) WHERE removed = 0;

-- Registrations of surveillance devices outlive a restart of the recorder: who is registered can be called at once, and need not register again.
CREATE TABLE registrations (
    device_number     INTEGER PRIMARY KEY,
    remote            TEXT    NOT NULL,              -- address:port, UDP; what registered over TCP is gone with its connection
    edition           TEXT    NOT NULL,              -- 1.0, 1.1, 2.0, 3.0
    call_id           TEXT    NOT NULL,
    granted_s         INTEGER NOT NULL,
    expires_utc_ms    INTEGER NOT NULL
) STRICT;

-- What happened, from a beginning to an end; one without an end lasts.
CREATE TABLE events (
    id                INTEGER PRIMARY KEY AUTOINCREMENT,
    device_number     INTEGER,                       -- null: not a device's
    channel_number    INTEGER,                       -- null: not one channel's
    kind              TEXT    NOT NULL,              -- emergency, video-signal-lost …
    start_boot_number INTEGER NOT NULL,
    start_boottime_us INTEGER NOT NULL,
    end_boot_number   INTEGER,
    end_boottime_us   INTEGER,
    detail_json       TEXT
) STRICT;
CREATE INDEX events_by_device ON events (device_number, start_boot_number, start_boottime_us);
CREATE INDEX events_by_channel ON events (channel_number, start_boot_number, start_boottime_us) WHERE channel_number IS NOT NULL;
CREATE INDEX events_open ON events (device_number, kind) WHERE end_boot_number IS NULL;

-- Where a device was. Dated like footage, so that both move together when a better clock arrives; what it says of the time itself stands beside it.
CREATE TABLE positions (
    device_number     INTEGER NOT NULL,
    boot_number       INTEGER NOT NULL,
    boottime_us       INTEGER NOT NULL,
    latitude_e7       INTEGER NOT NULL,              -- degrees times 10^7, WGS 84
    longitude_e7      INTEGER NOT NULL,
    altitude_m        INTEGER NOT NULL,
    speed_mm_s        INTEGER NOT NULL,
    heading_deg       INTEGER NOT NULL,              -- from north, clockwise
    flags             INTEGER NOT NULL,              -- 1 fix valid, 2 ignition on, 4 sent later from the device's memory
    device_utc_ms     INTEGER NOT NULL,              -- the device's own time
    PRIMARY KEY (device_number, boot_number, boottime_us)
) STRICT, WITHOUT ROWID;

-- Ranges that the ring must not recycle.
CREATE TABLE locks (
    id                TEXT PRIMARY KEY,
    channel_number    INTEGER NOT NULL,
    stream            INTEGER NOT NULL,
    from_utc_ms       INTEGER NOT NULL,
    to_utc_ms         INTEGER NOT NULL,
    reason            TEXT    NOT NULL,
    created_by        TEXT    NOT NULL,
    created_utc_ms    INTEGER NOT NULL,
    expires_utc_ms    INTEGER,                       -- null: never
    state             TEXT    NOT NULL,              -- pinned, copied, released
    pool              TEXT    NOT NULL DEFAULT ''    -- segments of the event pool that hold the copies
) STRICT;

-- What somebody asked to be kept.
CREATE TABLE recordings (
    id                TEXT PRIMARY KEY,              -- families: uuid, lower case
    owner             TEXT    NOT NULL,              -- cdvr, ome, inspector, axxon, box, button, schedule
    external_id       TEXT    NOT NULL DEFAULT '',   -- the owner's own id; empty: none
    kind              TEXT    NOT NULL DEFAULT 'record', -- record, clip, pre-roll
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
CREATE UNIQUE INDEX recordings_by_external_id ON recordings (owner, external_id) WHERE external_id <> '' AND state <> 'stopped';
CREATE INDEX recordings_open ON recordings (owner) WHERE state <> 'stopped';
CREATE INDEX recordings_stopped ON recordings (owner, finish_utc_ms) WHERE state = 'stopped';

-- When channels are recorded, by the week.
CREATE TABLE schedules (
    id                TEXT PRIMARY KEY,              -- opaque, URL-safe
    name              TEXT    NOT NULL,
    enabled           INTEGER NOT NULL,
    channels          TEXT    NOT NULL,              -- numbers, separated by commas; empty: all that there are
    mode              TEXT    NOT NULL,              -- continuous, event
    before_s          INTEGER NOT NULL,              -- of an event's footage: so much before its beginning is kept …
    after_s           INTEGER NOT NULL,              -- … and so much behind its end
    kinds             TEXT    NOT NULL,              -- of events, separated by commas; empty: all that are alarms or marks
    created_by        TEXT    NOT NULL,
    created_utc_ms    INTEGER NOT NULL
) STRICT;

CREATE TABLE schedule_windows (
    schedule_id       TEXT    NOT NULL REFERENCES schedules (id) ON DELETE CASCADE,
    position          INTEGER NOT NULL,
    days              INTEGER NOT NULL,              -- bit 0 Monday … bit 6 Sunday: those on which it begins
    from_minute       INTEGER NOT NULL,              -- of the day, local time of system.timeZone
    to_minute         INTEGER NOT NULL,              -- 1…1440; not behind the beginning: of the next day
    PRIMARY KEY (schedule_id, position)
) STRICT, WITHOUT ROWID;

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

-- Ranges taken out of the ring as files below exports/<id>.
CREATE TABLE exports (
    id                TEXT PRIMARY KEY,              -- uuid, lower case
    owner             TEXT    NOT NULL,              -- box, axxon
    kind              TEXT    NOT NULL,              -- archive, live
    channel_number    INTEGER NOT NULL,
    stream            INTEGER NOT NULL,
    from_utc_us       INTEGER NOT NULL,
    to_utc_us         INTEGER NOT NULL,
    wish_json         TEXT    NOT NULL,              -- format and everything else that was asked for
    state             TEXT    NOT NULL,              -- queued, running, done, failed, no-space, name-taken, nothing
    error             TEXT    NOT NULL DEFAULT '',
    warnings          TEXT    NOT NULL DEFAULT '',   -- a line each: accepted and not done
    created_by        TEXT    NOT NULL,
    created_utc_ms    INTEGER NOT NULL,
    activity_utc_ms   INTEGER NOT NULL,              -- last asked for or fetched
    keep_s            INTEGER NOT NULL               -- without activity for so long it goes
) STRICT;

CREATE TABLE export_files (
    export_id         TEXT    NOT NULL REFERENCES exports (id) ON DELETE CASCADE,
    number            INTEGER NOT NULL,              -- 1…
    name              TEXT    NOT NULL,              -- below exports/<id>
    friendly          TEXT    NOT NULL,              -- with the channel's name
    bytes             INTEGER NOT NULL,
    sha256            TEXT    NOT NULL,
    from_utc_us       INTEGER NOT NULL,
    to_utc_us         INTEGER NOT NULL,
    PRIMARY KEY (export_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id                INTEGER PRIMARY KEY,
    at_utc_ms         INTEGER NOT NULL,
    who               TEXT    NOT NULL,
    source            TEXT    NOT NULL,              -- address of the caller
    action            TEXT    NOT NULL,
    subject           TEXT    NOT NULL
) STRICT;
