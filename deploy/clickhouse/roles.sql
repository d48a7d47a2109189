-- Who may do what in ClickHouse. Run it once, after the first worker has made the tables, as a user with access
-- management: clickhouse-client --multiquery < deploy/clickhouse/roles.sql
-- Then give each login one role, and say what an analyst may see:
--   CREATE USER li IDENTIFIED WITH sha256_password BY '...' DEFAULT ROLE analyst;  GRANT analyst TO li;
--   INSERT INTO sanwang.viewers VALUES ('li', 'area', '990101000000'), ('li', 'unit', '*');

CREATE ROLE IF NOT EXISTS writer, analyst, auditor;

-- The workers: everything in our database, nothing beside it.
GRANT CREATE DATABASE, CREATE TABLE, CREATE VIEW, DROP VIEW, SELECT, INSERT, ALTER ON sanwang.* TO writer;

-- Analysts: counts, see streams/warehouse/migrations/0011_analysts.sql, and the names behind codes.
GRANT SELECT ON sanwang.analyst_reports TO analyst;
GRANT SELECT ON sanwang.analyst_places TO analyst;
GRANT SELECT ON sanwang.analyst_orders TO analyst;
GRANT SELECT ON sanwang.viewers TO analyst;
GRANT SELECT ON sanwang.items TO analyst;
GRANT SELECT ON sanwang.areas TO analyst;
GRANT SELECT ON sanwang.units TO analyst;

-- Auditors: what became of every record, what was erased and who asked what; no text, no caller, no place.
GRANT SELECT(log_id, feed, source_partition, source_offset, event_id, outcome, incident_id, received_at, item)
    ON sanwang.events TO auditor;
GRANT SELECT(log_id, feed, source_partition, source_offset, reason, received_at, status, revision)
    ON sanwang.dead_letters TO auditor;
GRANT SELECT ON sanwang.erasures TO auditor;
GRANT SELECT ON sanwang.viewers TO auditor;
GRANT SELECT ON sanwang.migrations TO auditor;
GRANT SELECT ON system.query_log TO auditor;
GRANT SHOW ACCESS ON *.* TO auditor;

-- An analyst sees the counties and units that `viewers` gives to the login, and of that table only the own rows.
CREATE ROW POLICY IF NOT EXISTS own_rows ON sanwang.viewers FOR SELECT
    USING login = currentUser() TO analyst;
CREATE ROW POLICY IF NOT EXISTS own_areas ON sanwang.analyst_reports FOR SELECT
    USING county IN (SELECT code FROM sanwang.viewers WHERE login = currentUser() AND kind = 'area')
    OR '*' IN (SELECT code FROM sanwang.viewers WHERE login = currentUser() AND kind = 'area') TO analyst;
CREATE ROW POLICY IF NOT EXISTS own_areas ON sanwang.analyst_places FOR SELECT
    USING county IN (SELECT code FROM sanwang.viewers WHERE login = currentUser() AND kind = 'area')
    OR '*' IN (SELECT code FROM sanwang.viewers WHERE login = currentUser() AND kind = 'area') TO analyst;
CREATE ROW POLICY IF NOT EXISTS own_units ON sanwang.analyst_orders FOR SELECT
    USING unit IN (SELECT code FROM sanwang.viewers WHERE login = currentUser() AND kind = 'unit')
    OR '*' IN (SELECT code FROM sanwang.viewers WHERE login = currentUser() AND kind = 'unit') TO analyst;

CREATE SETTINGS PROFILE IF NOT EXISTS sanwang_reader
    SETTINGS readonly = 2, max_execution_time = 60, max_memory_usage = 4000000000 TO analyst, auditor;
