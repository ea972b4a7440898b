-- index.db: the ring's cache for a fast start. Everything here can be read again from the segments; it may be deleted at any time.
-- A row is as true as the segment whose generation it names; a segment whose header has another generation makes its row void.
PRAGMA user_version = 2;

-- One value a line: volume (UUID), clean (1 after a stop in good order), boot_id of the last run.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- One row per file of the ring.
CREATE TABLE segments (
    number          INTEGER PRIMARY KEY,
    state           INTEGER NOT NULL,           -- SegmentState
    generation      INTEGER NOT NULL,           -- volume-wide, never reused; 0 while it holds nothing
    channel_number  INTEGER NOT NULL,
    stream          INTEGER NOT NULL,           -- 0 main, 1 sub
    pool            INTEGER NOT NULL,           -- 1: copies of locked footage
    next_sequence   INTEGER NOT NULL,           -- of the record that would follow
    media_end_90k   INTEGER NOT NULL,
    last_hash       BLOB NOT NULL,              -- chain after its last record
    wanted          INTEGER NOT NULL            -- 0: nothing but pre-roll
) STRICT;

-- Stretches without a break, dated in boottime of their boot.
CREATE TABLE spans (
    number            INTEGER NOT NULL REFERENCES segments (number) ON DELETE CASCADE,
    position          INTEGER NOT NULL,
    boot_number       INTEGER NOT NULL,
    from_boottime_us  INTEGER NOT NULL,
    to_boottime_us    INTEGER NOT NULL,
    media_start_90k   INTEGER NOT NULL,
    media_end_90k     INTEGER NOT NULL,
    bytes             INTEGER NOT NULL,         -- of records
    PRIMARY KEY (number, position)
) STRICT, WITHOUT ROWID;

-- What the wall clock said: utc = boottime + (utc_us - boottime_us) of the boot's row.
CREATE TABLE boots (
    number       INTEGER PRIMARY KEY,
    id           TEXT NOT NULL,
    boottime_us  INTEGER NOT NULL,
    utc_us       INTEGER NOT NULL,
    quality      INTEGER NOT NULL               -- ClockQuality
) STRICT;
