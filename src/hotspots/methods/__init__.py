"""Methods that find and judge hotspots. They never import each other."""
