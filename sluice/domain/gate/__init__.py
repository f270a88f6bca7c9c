"""Is a candidate good enough to take the champion's place? Judged on rows that neither has learnt from."""
