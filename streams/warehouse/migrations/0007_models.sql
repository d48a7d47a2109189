-- Which learned model was in use when a report was classified, whoever decided; "" with rules alone.

ALTER TABLE sanwang.events ADD COLUMN IF NOT EXISTS model LowCardinality(String) AFTER source_code;
