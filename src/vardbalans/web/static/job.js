// How far a job is, asked for until it is over; then the page is fetched anew. Without this script one reloads it.
// A page that is read meanwhile stays (data-stays) and offers the new one.
const work = document.querySelector("[data-job]");
const QUICK_MS = 1000;
const SLOW_MS = 5000;
const QUICK_TIMES = 60;
let asked = 0;

function over() {
  if (!("stays" in work.dataset)) return location.reload();
  for (const part of work.children) part.hidden = part.id !== "work-over";
}

async function look() {
  asked += 1;
  let wait = asked < QUICK_TIMES ? QUICK_MS : SLOW_MS;
  try {
    const answer = await fetch(work.dataset.job, { headers: { Accept: "application/json" } });
    if (answer.redirected || !answer.ok) return over();
    const job = await answer.json();
    if (job.ended) return over();
    const said = document.getElementById("work-sentence");
    // Written only when it changes: a screen reader reads each writing aloud.
    if (said.textContent !== job.sentence) said.textContent = job.sentence;
    document.getElementById("work-left").textContent = job.left;
    if (job.progress) work.querySelector("progress").value = job.progress;
  } catch {
    wait = SLOW_MS; // the network is away for a while
  }
  setTimeout(look, wait);
}

if (work) setTimeout(look, QUICK_MS);
