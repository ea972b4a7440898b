-- Surveillance devices: how their media travels.
ALTER TABLE devices ADD COLUMN media_way TEXT NOT NULL DEFAULT 'auto';
-- Registrations of surveillance devices outlive a restart of the recorder: who is registered can be called at once, and need not register again.
CREATE TABLE registrations (
    device_number     INTEGER PRIMARY KEY,
    remote            TEXT    NOT NULL,              -- address:port, UDP; what registered over TCP is gone with its connection
    edition           TEXT    NOT NULL,              -- 1.0, 1.1, 2.0, 3.0
    call_id           TEXT    NOT NULL,
    granted_s         INTEGER NOT NULL,
    expires_utc_ms    INTEGER NOT NULL
) STRICT;
