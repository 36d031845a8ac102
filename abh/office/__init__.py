"""The office itself: Sachgebiete, staff, desks, printers, closures."""
