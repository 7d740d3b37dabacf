"""Facts: nouns, events, their fold, errors."""
