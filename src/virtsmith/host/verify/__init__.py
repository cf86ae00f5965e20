"""Verification: facts compared with predictions, the verdict, and its explanation."""
