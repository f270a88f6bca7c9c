"""Sluice: releases machine-learning models on AWS as a sluice gate releases water."""
