-- What the caller wished, and the source's own class code: both are part of why a report went where it went.

ALTER TABLE sanwang.events ADD COLUMN IF NOT EXISTS wish LowCardinality(String) AFTER version;
ALTER TABLE sanwang.events ADD COLUMN IF NOT EXISTS source_code LowCardinality(String) AFTER wish;
