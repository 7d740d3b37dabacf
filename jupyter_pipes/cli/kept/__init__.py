"""What verbs tell of what runs kept, beside the runs themselves."""
