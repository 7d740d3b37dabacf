"""Options that refer (`${…}`): which steps they wait for, what is wrong with them, and what they come to."""
