"""The results page: one HTML file, rendered from records, that a browser opens from disk."""
