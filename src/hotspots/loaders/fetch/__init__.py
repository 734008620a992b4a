"""From a portal to a file: the only room that opens a socket."""
