"""ClickHouse: migrations, the writer, named queries; one port, two drivers."""
