-- Each contact's cost in öre, by the largest remainder; they sum to $total. Portable.
-- sums: key and parts. $scale: parts per öre. $total: the öre of the partition.
-- The reference is vardbalans.engine.cost.contacts.rounded, which a test holds it to.
with cut as (
    select key, cast((parts - parts % $scale) / $scale as bigint) as ore, parts % $scale as rest from sums
),
placed as (
    select
        key, ore, row_number() over (order by rest desc, key) as place,
        cast($total - sum(ore) over () as bigint) as lost, count(*) over () as many
    from cut
)
select key, ore + cast((lost - lost % many) / many as bigint) + case when place <= lost % many then 1 else 0 end as ore
from placed
