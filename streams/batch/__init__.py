"""Whole files through the very code of the stream, without Kafka: train, evaluate, classify, find the same matter."""
