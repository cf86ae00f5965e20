"""Virtual test hosts: designed from intent, linted, booted, and proven inside the guest.

The order of work: `spec` and `reader` (what is wanted), `topology` (every number), `argv`, `build`, `provision`
(what is made of it), `probe` and `boot` (a guest that tells its facts), `compare` and `verify` (the verdict).
"""
