"""`pytest benchmarks/` has the options and the fixtures of the package; see `xorbench.clock.plugin`."""

pytest_plugins = ["xorbench.clock.plugin"]
