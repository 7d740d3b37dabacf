"""Objects of libraries whose own way to be pickled loses something, and how they come back."""
