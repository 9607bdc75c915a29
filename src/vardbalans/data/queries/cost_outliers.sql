-- Contacts with a mark on the dearest of each population (ytterfall): as many as are allowed there.
-- populated: the contacts and the population of each. allowed: how many, by care form and population.
with placed as (
    select number, is_inpatient, population,
        row_number() over (partition by is_inpatient, population order by ore desc, contact_id) as place
    from populated
),
dear as (
    select p.number
    from placed p join allowed a on a.is_inpatient = p.is_inpatient and a.population = p.population
    where p.place <= a.outliers
)
select *, number in (select number from dear) as is_outlier from populated
