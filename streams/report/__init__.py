"""Reports: a day, week, month or quarter of the closed loop in figures, against the period before."""
