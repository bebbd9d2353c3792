"""What detectors and classifiers share; imports nothing of either."""
