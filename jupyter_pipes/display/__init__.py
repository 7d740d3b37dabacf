"""How pipelines and runs look, in HTML, SVG and text."""
