-- Each contact's cost in öre, by the largest remainder; they sum to $total. Portable.
-- sums: number and parts. $scale: parts per öre. $total: the öre of the partition.
-- Only the thousandth of an öre where the remainders are cut off is sorted, not all contacts.
-- The reference is vardbalans.engine.cost.contacts.rounded, which a test holds it to.
with cut as materialized (
    select number, cast((parts - parts % $scale) / $scale as bigint) as ore, cast(parts % $scale as bigint) as rest from sums
),
stepped as materialized (
    select number, ore, rest, cast(cast(rest as double precision) * 1000 / $scale as integer) as step from cut
),
steps as (
    select step, count(*) as many, sum(ore) as ore from stepped group by step
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
    select s.number, row_number() over (order by s.rest desc, s.number) as place
    from stepped s join edge e on e.step = s.step
)
select s.number, s.ore + e.shared + case when s.step > e.step or r.place <= e.room then 1 else 0 end as ore
from stepped s cross join edge e left join ranked r on r.number = s.number
