"""The documentation is true: its programs run, its tables hold, its links lead somewhere."""
