"""line_statistics: exact numbers per edge, camera and minute, parts, gaps."""
