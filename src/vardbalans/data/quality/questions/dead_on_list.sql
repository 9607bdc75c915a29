-- Requests that are open although the patient has died.
-- $today: the day the data are judged on.
select r.*, p._file as other_file, p._row as other_row
from referrals r join patients p using (patient_key)
where r.closed is null and p.deceased < $today
