-- How the parts of the installation have been: one row per hour and part, kept for 90 days, so at most 6,480 rows, whatever
-- happens. Availability and incidents are derived from it.
CREATE TABLE probe_hours (
    hour          INTEGER NOT NULL,  -- its beginning, ms
    part          TEXT NOT NULL CHECK (part IN ('database', 'limiter', 'objects')),
    ok            INTEGER NOT NULL,  -- probes that were answered
    failed        INTEGER NOT NULL,  -- and those that were not
    first_failure INTEGER,
    last_failure  INTEGER,
    last_probe    INTEGER NOT NULL,
    last_ok       INTEGER NOT NULL CHECK (last_ok IN (0, 1)),
    PRIMARY KEY (hour, part),
    CHECK ((failed = 0) = (first_failure IS NULL) AND (failed = 0) = (last_failure IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX probe_hours_with_failures ON probe_hours (hour) WHERE failed > 0;

-- When a schedule last ended well.
CREATE INDEX cron_runs_by_cron ON cron_runs (cron, outcome, started_at);
