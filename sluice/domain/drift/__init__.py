"""Drift of inputs and outputs, quality with labels and without: counted, merged, judged. The one domain with numpy."""
