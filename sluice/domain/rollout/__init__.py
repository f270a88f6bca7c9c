"""How does a new model version reach users? Plans, the record of a rollout, and the one decision of a look."""
