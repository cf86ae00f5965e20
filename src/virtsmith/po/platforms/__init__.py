"""Translation platforms: one small interface, one file for each platform."""
