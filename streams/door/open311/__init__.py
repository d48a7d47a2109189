"""Open311 GeoReport v2: the common interface of 311 clients, over the hotline's feed."""
