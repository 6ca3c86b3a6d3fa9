"""Beside the console: alerts, health, the status socket, the doctor, the control client of the simulated gateway."""
