-- A database of everything that SQLite has and D1 takes. Loaded by the native tests and by those in workerd.
CREATE TABLE plain (id INTEGER PRIMARY KEY, a TEXT, b INTEGER, c BLOB, d REAL, e);
CREATE TABLE "odd ""name""" ("select" TEXT, "a,b" INT, [c)d] DEFAULT (1 + 1), `rowid` TEXT);
CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT, v TEXT) STRICT;
CREATE TABLE keyed (a TEXT COLLATE NOCASE, b INTEGER, c TEXT, PRIMARY KEY (a, b DESC)) WITHOUT ROWID;
CREATE TABLE odd_keys (k, j BLOB, v REAL, PRIMARY KEY (j, k)) WITHOUT ROWID;
CREATE TABLE generated (id INTEGER PRIMARY KEY, a INT, b INT AS (a * 2) STORED, c TEXT AS (a || '!') VIRTUAL);
CREATE TABLE uniques (id INTEGER PRIMARY KEY, u TEXT UNIQUE, v INT, w TEXT, x INT AS (v % 10));
CREATE TABLE parents (id INTEGER PRIMARY KEY, favourite INTEGER REFERENCES children (id) DEFERRABLE INITIALLY DEFERRED);
CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES parents (id) ON DELETE CASCADE);
CREATE TABLE trees (id INTEGER PRIMARY KEY, above INTEGER REFERENCES trees (id) ON DELETE CASCADE);
CREATE TABLE accounts (id INTEGER PRIMARY KEY, money INTEGER NOT NULL) STRICT;
CREATE TABLE vaults (id INTEGER PRIMARY KEY, money INTEGER NOT NULL) STRICT;
CREATE TABLE large (id INTEGER PRIMARY KEY, a TEXT, b BLOB, c REAL);
CREATE TABLE moving (id INTEGER PRIMARY KEY, v INT);
CREATE TABLE moved (n INT);
CREATE TABLE _edgekeep (id INTEGER PRIMARY KEY); -- a name like ours, not ours
CREATE TABLE empty (a, b);
CREATE TABLE hidden (rowid TEXT, oid TEXT, _rowid_ TEXT, "the id" integer PRIMARY KEY); -- its row id goes by one name alone

INSERT INTO plain (id, a, b, c, d, e) VALUES
  (-9223372036854775808, 'first', -9223372036854775808, x'', 0.1, NULL),
  (-1, '', 9007199254740993, zeroblob(3), 0.30000000000000004, 9223372036854775807),
  (0, 'it''s "quoted", (really); -- not a comment /* at all', 0, x'00ff80c3', 1e22, 'text'),
  (1, 'two' || char(10) || 'lines' || char(13, 10) || 'and; more', 1, NULL, 5e-324, 1.5),
  (2, 'nul' || char(0) || 'inside', 2, NULL, 1.7976931348623157e308, x'fffe'),
  (3, char(1, 2, 3, 31, 9, 127), 3, NULL, 9e999, -9e999),
  (4, 'BEGIN TRANSACTION; COMMIT;', 4, NULL, 2.2250738585072014e-308, '12'),
  (5, 'grüße 日本語 🎉 ' || char(65533), 5, NULL, -2.5, 12),
  (6, CAST(x'fffe41' AS TEXT), 6, NULL, 1e23, CAST(x'c328' AS TEXT)),
  (11, 'c:' || char(92) || 'new' || char(10) || char(92) || 'r', 11, 'it''s' || char(10), 11.0, char(13)),
  (7, 'NULL', 7, 'text in a blob', 123456789012345678.0, 4.35),
  (8, NULL, 'text in an integer', x'0102', 'text in a real', 3.0),
  (9, 'zeros', -0.0, -0.0, -0.0, -0.0), (10, 'zero, read exactly' || char(0), 0.0, 0.0, 0.0, -0.0),
  (9223372036854775807, 'last', 9223372036854775807, x'00', 3.141592653589793, 0.5);
WITH RECURSIVE n(i) AS (SELECT 12 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  INSERT INTO plain SELECT i, 'row ' || i, i * 1000, x'0102', i / 7.0, CASE i % 3 WHEN 0 THEN i WHEN 1 THEN 'x' || i ELSE i * 0.25 END FROM n;
INSERT INTO "odd ""name""" VALUES ('s', 1, 2.0, 'r'), (NULL, NULL, NULL, NULL), ('t', 2, x'01', '');
INSERT INTO hidden VALUES ('c', 'b', 'a', 30), ('x', 'y', 'z', -4), (NULL, NULL, NULL, 7);
INSERT INTO counted (v) VALUES ('a'), ('b'), ('c');
DELETE FROM counted WHERE id = 3;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
  INSERT INTO keyed SELECT CASE i % 2 WHEN 0 THEN 'k' ELSE 'K' END || (i % 40), i, 'value ' || i FROM n;
INSERT INTO keyed VALUES ('', 0, NULL), ('new' || char(10) || 'line', -5, ''), ('q''q', 9223372036854775807, 'x');
INSERT INTO odd_keys VALUES (1, x'00', 1.5), (1.5, x'00', 2.5), ('1', x'00', NULL), (x'31', x'00', 0.1), (9007199254740993, x'', -0.7),
  ('a' || char(0) || 'b', x'ff', 1), (1e300, x'ff', 1), (9e999, x'ff', 1), (-0.0, x'2c', 1), ('comma, quote '' )', x'2c', 1), (CAST(x'ff' AS TEXT), x'2c', 2);
INSERT INTO generated (id, a) VALUES (1, 1), (2, NULL), (3, 4611686018427387904);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
  INSERT INTO uniques (id, u, v, w) SELECT i, 'u' || i, i, 'w' || i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO parents (id) SELECT i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO children SELECT i, i FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO trees SELECT i, CASE WHEN i > 1 THEN i / 2 END FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) INSERT INTO accounts SELECT i, 1000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49) INSERT INTO vaults SELECT i, 1000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO moved SELECT char(13, 10) FROM n;
INSERT INTO large VALUES (1, 'small', zeroblob(2000000), 0.1), (2, CAST(zeroblob(100000) AS TEXT) || 'é', x'00', 0.30000000000000004),
  (3, 'x', zeroblob(300), 1.0), (4, NULL, zeroblob(20000), -1e-300), (5, NULL, zeroblob(20001), 1e300),
  (6, -0.0, zeroblob(50000), -0.0);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400) INSERT INTO moving SELECT i, 0 FROM n;

CREATE INDEX plain_partial ON plain (a) WHERE b > 100;
CREATE INDEX plain_expression ON plain (lower(a), b DESC);
CREATE UNIQUE INDEX uniques_v ON uniques (v, x DESC) WHERE v IS NOT NULL;
CREATE UNIQUE INDEX uniques_w ON uniques (lower(w) COLLATE NOCASE) -- an expression
  WHERE w IS NOT NULL;
CREATE VIEW totals AS SELECT (SELECT sum(money) FROM accounts) + (SELECT sum(money) FROM vaults) AS total;
CREATE VIEW rich AS SELECT * FROM accounts WHERE money > 1000; -- a comment at the end
CREATE TRIGGER moving_counts AFTER UPDATE ON moving WHEN new.v > 0 BEGIN
  INSERT INTO moved VALUES (new.id);
  UPDATE vaults SET money = money + 0 WHERE id = new.id % 50;
END;
CREATE TRIGGER rich_insert INSTEAD OF INSERT ON rich BEGIN INSERT INTO accounts VALUES (new.id, new.money); END;
