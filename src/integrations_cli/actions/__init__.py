"""One verb, one file; store and network are handed in."""
