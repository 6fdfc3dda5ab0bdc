-- Accounts, their sessions and the refresh tokens of each session.
--
-- Times are milliseconds since 1970 in INTEGER columns; ids are text, since D1 hands numbers over as REAL and loses digits
-- beyond 2^53. Tables are STRICT, so that a wrong type fails where it is written and not where it is read.

CREATE TABLE users (
    id         TEXT PRIMARY KEY,
    email      TEXT NOT NULL UNIQUE,   -- lower-cased once, at the edge; UNIQUE decides the race of two registrations
    name       TEXT,
    password   TEXT NOT NULL,          -- PHC string
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;

-- One row per log-in, which is also the family of all refresh tokens that descend from it.
CREATE TABLE sessions (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    device          TEXT NOT NULL,     -- "Firefox on Linux", made from the user agent; the raw text is not kept
    created_at      INTEGER NOT NULL,
    last_used_at    INTEGER NOT NULL,  -- moves at log-in and at refresh, not at each request: that would cost a write
    idle_expires_at INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    revoked_at      INTEGER,
    revoked_because TEXT CHECK (revoked_because IN ('logout', 'revoked', 'token_reuse', 'too_many_sessions')),
    CHECK ((revoked_at IS NULL) = (revoked_because IS NULL))
) STRICT;

CREATE INDEX sessions_by_user ON sessions (user_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Every refresh token ever issued for a session that still exists, by hash: one that was redeemed before its successor was
-- used is a lost response, one that comes after that is a stolen token.
CREATE TABLE refresh_tokens (
    hash           BLOB PRIMARY KEY,   -- SHA-256 of the token; the token itself is nowhere
    session_id     TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    predecessor    BLOB,               -- hash of the token that this one replaced; NULL for the first
    created_at     INTEGER NOT NULL,
    redeemed_at    INTEGER,
    successor_salt BLOB,               -- with the token itself it gives the successor again; useless without it
    CHECK ((redeemed_at IS NULL) = (successor_salt IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id);
-- A token has one successor, ever.
CREATE UNIQUE INDEX refresh_tokens_by_predecessor ON refresh_tokens (predecessor) WHERE predecessor IS NOT NULL;
