"""A kept run as one HTML file that needs nothing else: for readers without Jupyter, and on paper."""
