"""Bytes to records and back: framing, Avro, schemas and their evolution."""
