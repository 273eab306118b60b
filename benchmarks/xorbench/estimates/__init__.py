"""What the record says of times: ratios with intervals, ranks, costs, biases, changes. All of it computed again."""
