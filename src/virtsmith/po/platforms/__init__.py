"""Translation platforms: one small interface, one module per platform."""
