"""Kafka and Faust: topics, the chunk transport, thin agents, the guard, state recovery."""
