"""How queues on other machines stand, as their Dask schedulers tell, and what steps wait for there."""
