"""The command, `xorbench`: what can be asked for, what was, and what is printed."""
