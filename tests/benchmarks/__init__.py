"""Each step's cost against a floor measured in the same run: `make bench`."""

# Before numpy is loaded, as on the command line: it says how numpy is to be loaded.
import pipeline as pipeline
