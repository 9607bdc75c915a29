-- How much of each pool was used, in thousandths of its unit, and by how many rows. Portable.
select pool, cast(sum(quantity) as bigint) as quantity, count(*) as rows from activity group by pool order by pool
