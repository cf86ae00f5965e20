"""What is wrong with a catalogue: rules, one file per kind of question."""
