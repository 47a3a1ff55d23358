"""The attacker: what a reader can work out of hidden figures from everything published. Does not know how they were hidden."""
