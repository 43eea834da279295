"""What the monitor shows: edges, inspections, minutes, alarms; from the projection alone."""
