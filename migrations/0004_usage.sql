-- How many texts an account had judged on a day. One row per account and day on which there were any; written after the
-- answer, so that nobody waits for it.
--
-- The day comes first: what is asked most often is a list of days, for one account or for all, and old days go together.

CREATE TABLE usage (
    day        INTEGER NOT NULL,       -- days since 1970-01-01, in UTC
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    detections INTEGER NOT NULL CHECK (detections > 0),
    PRIMARY KEY (day, user_id)
) STRICT, WITHOUT ROWID;
