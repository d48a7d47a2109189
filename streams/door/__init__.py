"""The HTTP door: reports, all-clears and order updates from systems that speak HTTP, into Kafka's topics."""
