-- One row about the installation as a whole.
--
-- Sessions created before `sessions_not_before` are dead. A restore from a backup moves it to the moment of the restore, so
-- that a session revoked after the backup was made does not come back to life.
CREATE TABLE installation (
    id                  INTEGER PRIMARY KEY CHECK (id = 1),
    sessions_not_before INTEGER NOT NULL
) STRICT;

INSERT INTO installation (id, sessions_not_before) VALUES (1, 0);

-- The runtime swallows what a scheduled handler returns, so each run writes down how it went. A row without an outcome is
-- a run that never came to its end.
CREATE TABLE cron_runs (
    id           TEXT PRIMARY KEY,
    cron         TEXT NOT NULL,
    scheduled_at INTEGER NOT NULL,
    started_at   INTEGER NOT NULL,
    milliseconds INTEGER,
    outcome      TEXT CHECK (outcome IN ('ok', 'error')),
    detail       TEXT
) STRICT;

CREATE INDEX cron_runs_by_start ON cron_runs (started_at);
