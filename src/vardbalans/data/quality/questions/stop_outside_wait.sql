-- Clock stops that begin before the request, or go on after the wait is over.
select c.*, r._file as other_file, r._row as other_row
from clock_stops c join referrals r using (referral_id)
where c.date_from < r.issued or c.date_from > r.closed or c.date_to > r.closed
