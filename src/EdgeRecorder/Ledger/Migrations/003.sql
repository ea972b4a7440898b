-- Devices: vehicle terminals and surveillance devices, their channels, events and positions. Nothing wrote events or positions before.
ALTER TABLE channels ADD COLUMN device_number INTEGER;
ALTER TABLE channels ADD COLUMN device_channel TEXT;
DROP TABLE events;
DROP TABLE positions;
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
    code              BLOB,                          -- authority code that it was given, or showed first
    record            INTEGER NOT NULL,              -- 1: channels that appear record
    two_streams       INTEGER NOT NULL DEFAULT 0,    -- 1: can send main and sub at once
    g726_order        TEXT    NOT NULL DEFAULT 'auto', -- auto, rfc3551, aal2: order of code words in an octet
    clock             TEXT    NOT NULL DEFAULT 'auto', -- auto, local, utc: what its times mean
    removed           INTEGER NOT NULL DEFAULT 0,
    first_seen_utc_ms INTEGER,                       -- null: added by hand and never seen
    last_seen_utc_ms  INTEGER,                       -- a few minutes coarse while it is connected
    created_utc_ms    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX devices_by_identity ON devices (protocol, identity) WHERE removed = 0;

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
