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
