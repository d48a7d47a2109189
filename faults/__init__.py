"""Faults, seeded and counted: storm load on three brokers, a ClickHouse and several workers, one fault a round."""
