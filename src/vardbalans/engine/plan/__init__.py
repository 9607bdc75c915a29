"""The production plan: what to produce of each service in each week, under rules that say in words what they hold.

``data`` holds the problem and the plan, ``rules`` what a plan must keep, ``solve`` proposes the best plan, ``check``
judges any plan, made by hand or by a solver, and knows nothing of solvers.
"""
