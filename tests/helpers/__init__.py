"""What tests share: stand-ins, generators, drivers of real programs."""
