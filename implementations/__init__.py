"""The problems in every framework: one file each, found by looking into this folder."""
