"""What is different from before: transitions, daily shares, after an intervention, between arms."""
