-- ledger.db: what cannot be rebuilt from the footage (DESIGN section 5). Schema version 2.
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
    protocol          TEXT    NOT NULL,              -- rtsp
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
    created_utc_ms    INTEGER NOT NULL
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

CREATE TABLE events (
    id                INTEGER PRIMARY KEY,
    channel_number    INTEGER,                       -- null: the box itself
    kind              TEXT    NOT NULL,
    boot_number       INTEGER NOT NULL,
    boottime_us       INTEGER NOT NULL,
    detail_json       TEXT
) STRICT;
CREATE INDEX events_by_time ON events (channel_number, boot_number, boottime_us);

CREATE TABLE positions (
    id                INTEGER PRIMARY KEY,
    channel_number    INTEGER NOT NULL,
    boot_number       INTEGER NOT NULL,
    boottime_us       INTEGER NOT NULL,
    latitude_e7       INTEGER NOT NULL,              -- degrees times 10^7, WGS 84
    longitude_e7      INTEGER NOT NULL,
    speed_mm_s        INTEGER,
    heading_cdeg      INTEGER                        -- hundredths of a degree from north
) STRICT;
CREATE INDEX positions_by_time ON positions (channel_number, boot_number, boottime_us);

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
    id                TEXT PRIMARY KEY,
    owner             TEXT    NOT NULL,              -- cdvr, ome, inspector, axxon, box, button, schedule
    channels          TEXT    NOT NULL,              -- numbers, separated by commas
    from_utc_ms       INTEGER NOT NULL,
    until_utc_ms      INTEGER,                       -- null: until stopped
    state             TEXT    NOT NULL,              -- running, stopped
    created_by        TEXT    NOT NULL
) STRICT;

CREATE TABLE audit (
    id                INTEGER PRIMARY KEY,
    at_utc_ms         INTEGER NOT NULL,
    who               TEXT    NOT NULL,
    source            TEXT    NOT NULL,              -- address of the caller
    action            TEXT    NOT NULL,
    subject           TEXT    NOT NULL
) STRICT;
