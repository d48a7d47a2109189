"""How reports get in: file replay and the simulator."""
