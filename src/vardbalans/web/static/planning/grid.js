// The planning grid by keyboard and mouse, after the W3C's pattern for grids: one stop for Tab, arrows move, F2, Enter
// or a figure edits, Esc takes back. Copy and paste go both ways with a Swedish spreadsheet. A key changes its own cell,
// its sums and the balance of its week, and nothing else is drawn anew.
const table = document.getElementById("plan-grid");
const sent = JSON.parse(document.getElementById("plan-sent").textContent);
const from = (name) => import(table.dataset[name]);
const names = ["numbers", "saving", "balance", "orders", "clash"];
const [numbers, { Saving, post }, { Balance }, { Orders }, { Clash }] = await Promise.all(names.map(from));
const { readCount, showNumber, hundredths, fromHundredths } = numbers;

const { language, words } = sent;
const editable = "editable" in table.dataset;
const csrf = document.querySelector("input[name=csrfmiddlewaretoken]").value;
const byId = (id) => document.getElementById(id);
const fill = (word, values = {}) => words[word].replace(/\{(\w+)\}/g, (_all, name) => values[name] ?? "");
const FIRST_WEEK = 3; // name, needed and sum stand before the weeks
const PAGE = 10;
const LISTED = 20;
const ASK_MS = 20_000;

// --- The cells: a row knows its service (or resource) and its cells by week -------------------------------------
const weeks = [...table.tHead.rows[table.tHead.rows.length - 1].querySelectorAll("[data-week]")].map((head) => head.dataset.week);
const lineOf = (row) => ({
  row,
  service: row.dataset.service,
  resource: row.dataset.resource,
  order: row.dataset.ordered ?? row.dataset.beside,
  name: row.cells[0].firstElementChild.title || row.cells[0].textContent.trim(),
  total: row.cells[FIRST_WEEK - 1],
  cells: [...row.cells].slice(FIRST_WEEK),
});
const lines = [...table.querySelectorAll("tr[data-service], tr[data-sum], tr[data-ordered], tr[data-beside], tr[data-resource]")].map(lineOf);
const services = new Map(lines.filter((line) => line.service).map((line) => [line.service, line]));
const sumLine = lines.find((line) => "sum" in line.row.dataset);
const placeOf = new Map(weeks.map((week, place) => [week, place]));
const at = new Map(); // cell → [row, column]
lines.forEach((line, y) => line.cells.forEach((cell, x) => at.set(cell, [y, x])));
const valueOf = (cell) => cell.dataset.v ?? "";
const planned = (service, place) => {
  const value = hundredths(valueOf(services.get(service).cells[place]));
  return value === null ? null : value / 100;
};
const balance = new Balance(
  sent.resources,
  new Map(lines.filter((line) => line.resource).map((line) => [line.resource, line])),
  weeks,
  planned,
);
const signed = (hundred) => (hundred > 0 ? "+" : hundred < 0 ? "−" : "") + showNumber(fromHundredths(Math.abs(hundred)), language);
const orders = new Orders(
  sent.orders,
  new Map(lines.filter((line) => "beside" in line.row.dataset).map((line) => [line.order, line])),
  (service, place) => hundredths(valueOf(services.get(service).cells[place])),
  signed,
);
const where = (y, x) => fill("where", { name: lines[y].name, week: Number(weeks[x].slice(6)) });
const isInput = (y) => Boolean(lines[y].service);

table.setAttribute("role", "grid");
table.setAttribute("aria-multiselectable", "true");
if (!editable) table.setAttribute("aria-readonly", "true");
for (const cell of table.querySelectorAll("td.locked")) cell.setAttribute("aria-readonly", "true");

// --- Sums --------------------------------------------------------------------------------------------------------
const summed = (cells) => {
  const known = cells.map((cell) => hundredths(valueOf(cell))).filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) : null;
};
const shownSum = (sum) => (sum === null ? "–" : showNumber(fromHundredths(sum), language));

function sumsAfter(service, place) {
  const line = services.get(service);
  line.total.textContent = shownSum(summed(line.cells));
  const cell = sumLine.cells[place];
  const sum = summed([...services.values()].map((other) => other.cells[place]));
  cell.dataset.v = sum === null ? "" : fromHundredths(sum);
  cell.textContent = sum === null ? "" : shownSum(sum);
  sumLine.total.textContent = shownSum(summed(sumLine.cells));
}

function put(cell, { value, locked, source }) {
  const [y, x] = at.get(cell);
  if (value !== undefined) {
    cell.dataset.v = value;
    cell.textContent = showNumber(value, language);
    cell.classList.remove("proposal", "spread", "imported");
    if (value !== "" && source && source !== "typed") cell.classList.add(source);
  }
  if (locked !== undefined) {
    cell.classList.toggle("locked", locked);
    if (locked) cell.setAttribute("aria-readonly", "true");
    else cell.removeAttribute("aria-readonly");
  }
  if (value !== undefined) {
    sumsAfter(lines[y].service, x);
    balance.changed(lines[y].service, x);
    orders.changed(lines[y].service, x);
  }
}

// --- Saving ------------------------------------------------------------------------------------------------------
let revision = sent.revision;
const status = byId("plan-saved");
function tell(state, values) {
  status.dataset.state = state;
  status.textContent = fill(state, values);
}
const said = byId("plan-said");
const say = (text) => {
  said.textContent = text;
};

function paintAll(changes) {
  const waiting = new Set(saving.queue.slice(1).flatMap((step) => step.cells.map((cell) => `${cell.service} ${cell.week}`)));
  for (const change of changes) {
    const cell = cellOf(change);
    if (cell && !waiting.has(`${change.service} ${change.week}`)) put(cell, change);
  }
}

function learn(answer) {
  const old = byId("plan-check-old"); // the verdict on the page is of an earlier revision
  if (old && answer.revision !== revision) old.hidden = false;
  revision = answer.revision;
  if (answer.changes?.length) {
    paintAll(answer.changes);
    say(fill("others", { by: answer.changes[0].by, count: answer.changes.length }));
  }
  stack(answer.stack);
}

function applied(answer) {
  learn(answer);
  const time = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(new Date());
  if (saving.queue.length <= 1) tell("saved_at", { time });
}

function stack([undo, redo]) {
  byId("plan-undo").disabled = !undo;
  byId("plan-redo").disabled = !redo;
}

const saving = editable
  ? new Saving({
      url: sent.urls.cells,
      token: csrf,
      place: `vardbalans-plan-${sent.version}-${sent.person}`,
      tell,
      applied,
      clashed,
    })
  : { queue: [], add() {}, settled: () => Promise.resolve(true) };

const cellOf = ({ service, week }) => services.get(service)?.cells[placeOf.get(week)];
const clash = new Clash(byId("plan-clash"), {
  cellOf,
  said(cell, mine, theirs) {
    const shown = (value) => showNumber(value ?? valueOf(cell), language) || words.empty;
    const values = { mine: shown(mine.value), by: theirs.by, theirs: shown(theirs.value) };
    return fill("clash_cell", { where: where(...at.get(cell)), ...values });
  },
});

function clashed(step, answer) {
  revision = answer.revision;
  paintAll(clash.open(step, answer.changes));
  tell("clash");
}

function settleClash(keepMine) {
  const { send, paint } = clash.settle(keepMine);
  paintAll(paint);
  if (send.length) saving.add({ kind: "typed", cells: send, base: revision });
  else tell("saved");
  active.focus();
}

// --- Where the planner is, and what is selected -------------------------------------------------------------------
let [row, column] = [0, Math.max(0, weeks.indexOf(sent.opens_at))];
let [anchorRow, anchorColumn] = [row, column];
let active = lines[row].cells[column];
active.tabIndex = 0;
let chosen = new Set();
const rectangle = () => ({
  top: Math.min(row, anchorRow),
  bottom: Math.max(row, anchorRow),
  left: Math.min(column, anchorColumn),
  right: Math.max(column, anchorColumn),
});

function select() {
  const { top, bottom, left, right } = rectangle();
  const now = new Set();
  for (let y = top; y <= bottom; y += 1) for (let x = left; x <= right; x += 1) now.add(lines[y].cells[x]);
  for (const cell of chosen) if (!now.has(cell)) cell.removeAttribute("aria-selected");
  for (const cell of now) if (!chosen.has(cell)) cell.setAttribute("aria-selected", "true");
  chosen = now;
  describe();
}

function go(y, x, extend = false, focus = true) {
  row = Math.min(Math.max(y, 0), lines.length - 1);
  column = Math.min(Math.max(x, 0), weeks.length - 1);
  if (!extend) [anchorRow, anchorColumn] = [row, column];
  active.tabIndex = -1;
  active = lines[row].cells[column];
  active.tabIndex = 0;
  if (!isInput(row)) active.setAttribute("aria-readonly", "true");
  if (focus) {
    active.focus({ preventScroll: true });
    active.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  select();
}

const summary = byId("plan-summary");
const cellLink = byId("plan-cell");
const whole = new Intl.NumberFormat(language === "sv" ? "sv-SE" : "en-GB", { maximumFractionDigits: 0 });
function describe() {
  const line = lines[row];
  if (cellLink) {
    cellLink.hidden = !line.service;
    if (line.service) cellLink.href = `${sent.cell}?${new URLSearchParams({ service: line.service, week: weeks[column] })}`;
  }
  if (chosen.size > 1) {
    const values = [...chosen].filter((cell) => isInput(at.get(cell)[0])).map((cell) => hundredths(valueOf(cell)));
    const known = values.filter((value) => value !== null);
    const sum = known.reduce((total, value) => total + value, 0);
    const mean = known.length ? showNumber((sum / 100 / known.length).toFixed(1), language) : "–";
    summary.textContent = fill("counted", { count: known.length, sum: showNumber(fromHundredths(sum), language), mean });
  } else if (line.resource) {
    const resource = sent.resources.find((one) => one.id === line.resource);
    const required = balance.required(resource, column);
    const available = resource.available[column];
    const minutes = resource.measure === "minutes";
    const shown = (value) => whole.format(minutes ? value / 60 : value);
    summary.textContent =
      required === null || available === null
        ? fill(resource.others[column] === null ? "unknown_week" : "nothing_planned", { name: line.name, week: Number(weeks[column].slice(6)) })
        : fill("balance", {
            name: line.name,
            week: Number(weeks[column].slice(6)),
            required: shown(required),
            available: shown(available),
            unit: words[minutes ? "hours" : "activities"],
          });
  } else if (line.order) {
    const own = valueOf(services.get(line.order).cells[column]);
    const values = { name: services.get(line.order).name, week: Number(weeks[column].slice(6)), ordered: whole.format(sent.orders[line.order][column]) };
    summary.textContent = fill("ordered", { ...values, planned: showNumber(own, language) || words.empty });
  } else {
    const kinds = ["locked", "proposal", "spread", "imported", "remarked"].filter((name) => active.classList.contains(name));
    const resources = (balance.users.get(line.service) ?? []).map((one) => `${one.name} ${balance.mark(one, column)}`);
    summary.textContent = [where(row, column), ...kinds.map((name) => words[name]), ...resources].join(" · ");
  }
}

// --- Editing ------------------------------------------------------------------------------------------------------
const editor = document.createElement("input");
editor.type = "text";
editor.inputMode = "decimal";
editor.autocomplete = "off";
editor.className = "cell-editor";
let editing = null;

function edit(text) {
  if (!mayChange()) return;
  editing = active;
  editor.value = text ?? showNumber(valueOf(active), language).replaceAll("\u00a0", " ");
  editor.setAttribute("aria-label", where(row, column));
  active.replaceChildren(editor);
  editor.focus();
  if (text === undefined) editor.select();
}

function mayChange() {
  if (!editable) say(words.not_draft);
  else if (!isInput(row)) say(words.computed);
  else if (active.classList.contains("locked")) say(fill("is_locked", { where: where(row, column) }));
  else return true;
  return false;
}

function stop(keep) {
  if (!editing) return;
  const cell = editing;
  editing = null;
  const text = editor.value;
  editor.remove();
  cell.textContent = showNumber(valueOf(cell), language);
  if (keep) change("typed", [[cell, text]]);
}

// Turns texts into one step: what cannot be read is listed and left as it was.
function change(kind, pairs, refused = []) {
  const cells = [];
  for (const [cell, text] of pairs) {
    const [y, x] = at.get(cell);
    const found = readCount(text, language);
    if (cell.classList.contains("locked")) refused.push(fill("is_locked", { where: where(y, x) }));
    else if (found.problem) refused.push(fill(found.problem, { where: where(y, x), text: text.trim().slice(0, 40) }));
    else if ((found.value ?? "") !== valueOf(cell)) {
      const value = found.value ?? "";
      put(cell, { value, source: "typed" });
      cells.push({ service: lines[y].service, week: weeks[x], value });
    }
  }
  list(refused);
  if (cells.length) saving.add({ kind, cells, base: revision });
  describe();
}

const refusals = byId("plan-refused");
function list(refused) {
  refusals.hidden = refused.length === 0;
  const items = refused.slice(0, LISTED).map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  refusals.querySelector("ul").replaceChildren(...items);
  refusals.querySelector("[data-more]").textContent = refused.length > LISTED ? `+ ${refused.length - LISTED}` : "";
}

const inputs = () => [...chosen].filter((cell) => isInput(at.get(cell)[0]));
function clear() {
  if (!editable) return say(words.not_draft);
  change("cleared", inputs().map((cell) => [cell, ""]));
}

// Fills the selection from its first row, or its first column.
function fillFrom(down) {
  if (!editable) return say(words.not_draft);
  const { top, left } = rectangle();
  const pairs = inputs()
    .map((cell) => [cell, at.get(cell)])
    .filter(([, [y, x]]) => (down ? y > top : x > left))
    .map(([cell, [y, x]]) => [cell, valueOf(down ? lines[top].cells[x] : lines[y].cells[left]).replace(".", ",")]);
  change("filled", pairs);
}

function lockChosen() {
  if (!editable) return say(words.not_draft);
  const cells = inputs();
  if (!cells.length) return say(words.computed);
  const locked = cells.some((cell) => !cell.classList.contains("locked"));
  for (const cell of cells) put(cell, { locked });
  const step = cells.map((cell) => ({ service: lines[at.get(cell)[0]].service, week: weeks[at.get(cell)[1]], locked }));
  saving.add({ kind: "locked", cells: step, base: revision });
  describe();
}

// --- Clipboard: tabs between columns, decimal comma, no group marks, as a Swedish spreadsheet reads and writes it --
function copied() {
  const { top, bottom, left, right } = rectangle();
  return lines
    .slice(top, bottom + 1)
    .map((line) => line.cells.slice(left, right + 1).map((cell) => (line.resource ? cell.textContent : valueOf(cell).replace(".", ","))).join("\t"))
    .join("\r\n");
}

function paste(text) {
  if (!editable) return say(words.not_draft);
  const block = text.replace(/\r?\n$/, "").split(/\r\n|\n|\r/).map((line) => line.split("\t").map((cell) => cell.replace(/^"(.*)"$/, "$1")));
  const { top, bottom, left, right } = rectangle();
  const single = block.length === 1 && block[0].length === 1;
  const pairs = [];
  let outside = 0;
  if (single) pairs.push(...inputs().map((cell) => [cell, block[0][0]]));
  else
    block.forEach((texts, dy) =>
      texts.forEach((value, dx) => {
        const cell = isInputAt(top + dy) && lines[top + dy].cells[left + dx];
        if (cell) pairs.push([cell, value]);
        else if (value.trim()) outside += 1;
      }),
    );
  change("pasted", pairs, outside ? [fill("outside", { count: outside })] : []);
  if (!single && pairs.length) {
    [anchorRow, anchorColumn] = [top, left];
    const widest = Math.max(...block.map((texts) => texts.length));
    go(Math.min(top + block.length - 1, services.size - 1), Math.min(left + widest - 1, weeks.length - 1), true);
  } else if (single && bottom === top && left === right) go(row, column);
}
const isInputAt = (y) => y < lines.length && isInput(y);

// --- Undo and redo: on the server, so that they survive a reload ---------------------------------------------------
async function turn(url, done) {
  if (!editable || !(await saving.settled())) return;
  let answer;
  try {
    answer = await post(url, csrf, {});
  } catch {
    return tell("offline", { count: saving.queue.length });
  }
  const found = answer.headers.get("content-type")?.includes("json") ? await answer.json() : {};
  if (!answer.ok) return say(found.sentence ?? "");
  paintAll(found.changes);
  applied({ ...found, changes: [] });
  say(words[done]);
  describe();
}
const undo = () => turn(sent.urls.undo, "undone");
const redo = () => turn(sent.urls.redo, "redone");

// --- Keys ----------------------------------------------------------------------------------------------------------
const last = () => lines.length - 1;
const end = weeks.length - 1;
const MOVES = {
  ArrowUp: (far) => [far ? 0 : row - 1, column],
  ArrowDown: (far) => [far ? (row < services.size - 1 ? services.size - 1 : last()) : row + 1, column],
  ArrowLeft: (far) => [row, far ? 0 : column - 1],
  ArrowRight: (far) => [row, far ? end : column + 1],
  Home: (far) => [far ? 0 : row, 0],
  End: (far) => [far ? last() : row, end],
  PageUp: () => [row - PAGE, column],
  PageDown: () => [row + PAGE, column],
};
const COMMANDS = {
  z: (event) => (event.shiftKey ? redo() : undo()),
  y: redo,
  d: () => fillFrom(true),
  r: () => fillFrom(false),
  a: () => {
    [anchorRow, anchorColumn] = [0, 0];
    go(services.size - 1, end, true);
  },
};

function inEditor(event) {
  const steps = { Enter: [event.shiftKey ? -1 : 1, 0], Tab: [0, event.shiftKey ? -1 : 1] };
  if (event.key === "Escape") {
    stop(false);
    active.focus();
  } else if (event.key in steps) {
    const [down, right] = steps[event.key];
    stop(true);
    go(row + down, column + right);
  } else return;
  event.preventDefault();
}

table.addEventListener("keydown", (event) => {
  if (editing) return inEditor(event);
  if (!at.has(event.target)) return; // a link in a row's name
  const command = event.ctrlKey || event.metaKey;
  if (event.altKey) return;
  if (event.key in MOVES) go(...MOVES[event.key](command), event.shiftKey);
  else if (command && COMMANDS[event.key.toLowerCase()]) COMMANDS[event.key.toLowerCase()](event);
  else if (command) return;
  else if (event.key === " " && event.shiftKey) {
    anchorColumn = 0;
    go(row, end, true);
  } else if (event.key === "F2" || event.key === "Enter") edit();
  else if (event.key === "Delete" || event.key === "Backspace") clear();
  else if (event.key.length === 1 && event.key !== " ") {
    edit("");
    return; // the figure itself goes into the editor that has the focus now
  } else return;
  event.preventDefault();
});

for (const kind of ["copy", "cut", "paste"])
  document.addEventListener(kind, (event) => {
    if (editing || !table.contains(document.activeElement)) return;
    event.preventDefault();
    if (kind === "paste") return paste(event.clipboardData.getData("text/plain"));
    event.clipboardData.setData("text/plain", copied());
    if (kind === "cut") clear();
  });

// --- Mouse ---------------------------------------------------------------------------------------------------------
let dragging = false;
table.addEventListener("pointerdown", (event) => {
  const cell = event.target.closest("td");
  if (event.target === editor || !at.has(cell) || event.button) return;
  event.preventDefault();
  stop(true);
  dragging = event.pointerType === "mouse";
  go(...at.get(cell), event.shiftKey);
});
table.addEventListener("pointerover", (event) => {
  const cell = event.target.closest("td");
  if (dragging && at.has(cell)) go(...at.get(cell), true);
});
addEventListener("pointerup", () => {
  dragging = false;
});
table.addEventListener("dblclick", (event) => (at.has(event.target.closest("td")) && !editing ? edit() : null));
editor.addEventListener("blur", () => (editing ? stop(true) : null));
table.addEventListener("focusin", (event) => {
  const place = at.get(event.target);
  if (place && event.target !== active) go(...place, false, false);
  else if (place && !chosen.size) select();
});

const press = (id, act, back = true) =>
  byId(id)?.addEventListener("click", (event) => {
    event.preventDefault();
    act();
    if (back) active.focus();
  });
press("plan-undo", undo);
press("plan-redo", redo);
press("plan-fill-down", () => fillFrom(true));
press("plan-fill-right", () => fillFrom(false));
press("plan-lock", lockChosen);
press("plan-mine", () => settleClash(true), false);
press("plan-theirs", () => settleClash(false), false);
for (const part of document.querySelectorAll("[data-grid-tool]")) part.hidden = false;

// What others do meanwhile is learnt now and then, and when the planner comes back to the page.
async function ask() {
  if (document.hidden || editing || saving.queue.length || clash.isOpen) return;
  try {
    const answer = await fetch(`${sent.urls.changes}?since=${revision}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || answer.redirected) return;
    const found = await answer.json();
    if (found.changes.length && !saving.queue.length && !editing) learn(found);
  } catch {
    // Without contact nothing is learnt; what is typed says so.
  }
}
setInterval(ask, ASK_MS);
document.addEventListener("visibilitychange", ask);

// What was typed without contact, before the page was closed, is shown and sent now.
for (const step of saving.queue)
  for (const sentCell of step.cells) {
    const cell = cellOf(sentCell);
    if (cell) put(cell, sentCell);
  }
if (saving.queue.length) saving.flush();
else if (editable) tell("saved");
if (new URLSearchParams(location.search).has("from")) active.scrollIntoView({ block: "nearest", inline: "center" });
table.dataset.ready = "";
requestAnimationFrame(() => setTimeout(() => performance.mark("grid-ready"))); // once it is seen
