"""Whether a measure had an effect, and how large: control charts, and models of what would have been without it.

:mod:`spc` tells when a process has changed; :mod:`interrupted` sets one series before and after a date;
:mod:`staggered` sets units that begin at different times against each other; :mod:`synthetic` makes a control for one
unit out of others; :mod:`power` says beforehand how long one must measure; :mod:`funnel` compares units at one time.
Every interval is 95 %, and an effect is *shown* only by the written rule in :mod:`verdict`.
"""
