"""xorbench: the same XOR trainers in every framework, their gradients judged, then their time taken."""
