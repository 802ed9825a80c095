"""Pipeline Health: what every function shares."""
