// Saves each step of the planner as it is made: in order, one at a time, kept in the browser until the server has it.
// A step that is sent twice, because an answer was lost, is done once: it carries a name of its own.
const AGAIN_MS = 4000;

export class Saving {
  // place: where what waits is kept; tell(state, values): say how it stands; applied(answer): the server's cells have
  // come; clashed(step, answer): others have changed the same cells.
  constructor({ url, token, place, tell, applied, clashed }) {
    Object.assign(this, { url, token, place, tell, applied, clashed, sending: false, waiters: [], timer: 0 });
    this.queue = this.read();
    addEventListener("online", () => this.flush());
    addEventListener("beforeunload", (event) => {
      if (this.queue.length) event.preventDefault();
    });
  }

  read() {
    try {
      return JSON.parse(localStorage.getItem(this.place)) ?? [];
    } catch {
      return []; // what another program wrote there, or storage that is switched off
    }
  }

  keep() {
    try {
      if (this.queue.length) localStorage.setItem(this.place, JSON.stringify(this.queue));
      else localStorage.removeItem(this.place);
    } catch {
      // Storage that is full or switched off: the queue lives as long as the page, which warns before it closes.
    }
  }

  add(step) {
    this.queue.push({ ...step, token: crypto.randomUUID?.() ?? `${Date.now()}-${Math.random()}` });
    this.keep();
    this.flush();
  }

  // Resolves when nothing waits; false where it cannot be saved now.
  settled() {
    if (!this.queue.length && !this.sending) return Promise.resolve(true);
    return new Promise((done) => this.waiters.push(done));
  }

  finish(saved) {
    for (const done of this.waiters.splice(0)) done(saved);
  }

  async flush() {
    if (this.sending || !this.queue.length) return;
    clearTimeout(this.timer);
    this.sending = true;
    this.tell("saving");
    while (this.queue.length) {
      const step = this.queue[0];
      const outcome = await this.send(step);
      if (outcome === "later") {
        this.sending = false;
        this.timer = setTimeout(() => this.flush(), AGAIN_MS);
        this.finish(false);
        return;
      }
      this.queue.shift();
      this.keep();
    }
    this.sending = false;
    this.finish(true);
  }

  async send(step) {
    let answer;
    try {
      answer = await post(this.url, this.token, step);
    } catch {
      this.tell("offline", { count: this.queue.length });
      return "later";
    }
    if (answer.redirected || answer.status === 403) {
      this.tell("logged_out");
      return "later";
    }
    if (answer.status >= 500 || answer.status === 429) {
      this.tell("offline", { count: this.queue.length });
      return "later";
    }
    const said = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
    if (answer.status === 409 && said.clashes) this.clashed(step, said);
    else if (!answer.ok) this.tell("refused", { sentence: said.sentence ?? String(answer.status) });
    else this.applied(said, step);
    return "done";
  }
}

export function post(url, token, body) {
  return fetch(url, {
    method: "POST",
    headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": token },
    body: JSON.stringify(body),
  });
}
