-- Surveillance devices: how their media travels.
ALTER TABLE devices ADD COLUMN media_way TEXT NOT NULL DEFAULT 'auto';
