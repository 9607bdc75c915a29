-- Each contact's cost in öre, by the largest remainder; they sum to $total. Portable.
-- sums: number and parts. $scale: parts per öre. $total: the öre of the partition.
-- Only the thousandth of an öre where the remainders are cut off is sorted, not all contacts.
-- The reference is vardbalans.engine.cost.contacts.rounded, which a test holds it to.
with cut as materialized (
    select
        number, cast((parts - parts % $scale) / $scale as bigint) as ore, cast(parts % $scale as bigint) as rest,
        cast(cast(parts % $scale as double precision) * 1000 / $scale as integer) as step
    from sums
),
steps as (
    select step, count(*) as many, sum(ore) as ore from cut group by step
),
counted as (
    select
        step, many, sum(many) over (order by step desc) - many as before,
        $total - sum(ore) over () as lost, sum(many) over () as contacts
    from steps
),
edge as (
    -- Every contact gets as much of what is lost; then those before the edge one more, and of it the first *room*.
    select
        step, cast((lost - lost % contacts) / contacts as bigint) as shared, cast(lost % contacts - before as bigint) as room
    from counted
    where before <= lost % contacts and lost % contacts < before + many
),
ranked as (
    select c.number, row_number() over (order by c.rest desc, c.number) as place
    from cut c join edge e on e.step = c.step
)
select c.number, c.ore + e.shared + case when c.step > e.step or r.place <= e.room then 1 else 0 end as ore
from cut c cross join edge e left join ranked r on r.number = c.number
