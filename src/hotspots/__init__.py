"""Crime maps a community can trust."""
