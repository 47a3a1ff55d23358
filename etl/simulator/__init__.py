"""The simulator: a deterministic world that obeys the pilot's rules, written as an extract of the Registry."""
