"""Parameters and options that take their values from what steps make: `${load.df.rows}`."""
