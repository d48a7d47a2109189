"""Classes learned from a city's own history: features, training, calibration, model files, measures."""
