"""The live graph as a widget."""
