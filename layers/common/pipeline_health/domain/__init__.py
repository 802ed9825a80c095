"""Pure rules: what a build is, how builds are counted, what changed. No AWS, no clock, no environment."""
