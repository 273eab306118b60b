"""The command `xorbench`: its options, their validation, and its output."""
