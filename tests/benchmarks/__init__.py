"""Each step's cost against a floor measured in the same run: `make bench`."""
