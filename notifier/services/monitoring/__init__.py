"""What is watched on the admin's behalf: alarms, daily checks, the supervisor of the daemon."""
