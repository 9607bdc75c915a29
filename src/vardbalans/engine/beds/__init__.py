"""Beds: who lies where, how full it will be, how many it takes, and what a change would do.

``census`` counts; ``clock`` and ``stay`` tell when patients leave; ``ahead`` is the next days and ``backtest`` how such
forecasts held; ``need`` has the formulas; ``wards``, ``events``, ``run`` and ``scenarios`` play finite wards;
``observed`` makes all of it from stays and beds; ``planning`` is what the production plan takes from here.
"""
