-- What each contact costs, in parts of an öre (rates.whole says how fine); whole numbers, so in any order. Portable.
select a.number, sum(a.quantity * r.whole) as parts from activity a join rates r on r.pool = a.pool group by a.number
