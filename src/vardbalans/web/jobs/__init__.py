"""Long work in the background: a table of jobs, and the workers that take them one by one."""
