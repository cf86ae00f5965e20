"""Facts held against predictions: the comparison, the verdict, and its explanation."""
