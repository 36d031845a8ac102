"""Pure rules: clock, deadlines, law as dated data, names, errors, ids."""
