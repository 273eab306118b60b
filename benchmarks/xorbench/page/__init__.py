"""The page: one file that opens from disk, made from records alone."""
