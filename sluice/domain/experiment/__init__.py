"""How are variants compared on what they are for? Experiments, their verdicts, bandits, interleaving, off-policy."""
