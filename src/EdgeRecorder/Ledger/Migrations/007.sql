-- Recording by the week.
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
