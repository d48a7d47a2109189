"""The simulator: a city's day on all three feeds."""

from streams.intake.simulator.play import Encoder, Fed, Simulator, value_of
from streams.intake.simulator.profile import CALM, STORM, Profile, profile_named

__all__ = ["CALM", "STORM", "Encoder", "Fed", "Profile", "Simulator", "profile_named", "value_of"]
