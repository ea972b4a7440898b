-- Sessions of pages outlive a restart of the recorder.
CREATE TABLE sessions (
    hash              BLOB PRIMARY KEY,              -- SHA-256 of the cookie
    user              TEXT    NOT NULL COLLATE NOCASE,
    last_utc_ms       INTEGER NOT NULL               -- of the last request, a few minutes coarse
) STRICT, WITHOUT ROWID;
