"""What code does to the objects that it is handed: methods, functions, and whose object a value is."""
