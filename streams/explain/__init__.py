"""Why a report went where it went: what was decided, from ClickHouse, beside what the city says today."""
