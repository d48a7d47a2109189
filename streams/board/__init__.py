"""The board: the one screen, a process of its own that reads ClickHouse over HTTP."""
