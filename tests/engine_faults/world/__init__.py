"""Everything that a fault test has: servers, workers, the outside world, a wire to cut, and a judge."""
