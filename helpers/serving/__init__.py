"""Serving: train detectors into a folder, answer over HTTP, show a dashboard."""
