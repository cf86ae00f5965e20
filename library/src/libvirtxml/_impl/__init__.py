"""The machinery behind the public modules; nothing here is part of the API."""
