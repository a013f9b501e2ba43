"""What the neurons of a network receive."""
