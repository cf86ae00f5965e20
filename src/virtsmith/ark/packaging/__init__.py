"""From upstream sources to builds: spec files, source packages, Copr, and builds on this machine."""
