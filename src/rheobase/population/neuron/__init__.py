"""One neuron in noise: what is read off its equations, its rate, response and intervals."""
