// The balance map by keyboard: one stop for Tab, then arrows, Home and End move between names, headings and cells.
// Without this script every link is a stop of its own, and a link before the map leads past it.
const SPLIT_FROM = 30;

function byKeyboard(table) {
  // A row is its links by column: the name first, a heading's one link in every column, null where there is none.
  const rows = [...table.querySelectorAll("tbody tr")]
    .map((line) => [...line.cells].filter((cell) => !cell.matches(".count")).map((cell) => cell.querySelector("a")))
    .filter((links) => links.some(Boolean));
  if (rows.length === 0) return;
  const at = (y, x) => {
    const links = rows[y];
    for (let near = Math.min(x, links.length - 1); near >= 0; near -= 1) if (links[near]) return links[near];
    return links.find(Boolean);
  };
  const widest = Math.max(...rows.map((links) => links.length)) - 1;
  let [row, column] = [0, 0];
  let stop = at(0, 0);
  for (const links of rows) for (const link of links) if (link) link.tabIndex = -1;
  stop.tabIndex = 0;

  const go = (toRow, toColumn) => {
    row = Math.min(Math.max(toRow, 0), rows.length - 1);
    column = Math.min(Math.max(toColumn, 0), widest);
    stop.tabIndex = -1;
    stop = at(row, column);
    stop.tabIndex = 0;
  };

  table.addEventListener("focusin", (event) => {
    if (event.target === stop) return;
    rows.forEach((links, y) => {
      const x = links.indexOf(event.target);
      if (x >= 0) go(y, x);
    });
  });
  table.addEventListener("keydown", (event) => {
    if (event.target !== stop || event.altKey || event.shiftKey || event.metaKey) return;
    const far = event.ctrlKey;
    const moves = {
      ArrowUp: [far ? 0 : row - 1, column],
      ArrowDown: [far ? rows.length : row + 1, column],
      ArrowLeft: [row, far ? 0 : column - 1],
      ArrowRight: [row, far ? widest : column + 1],
      Home: [far ? 0 : row, 0],
      End: [far ? rows.length : row, widest],
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    go(...moves[event.key]);
    stop.focus();
  });
}

function byEdge(frame) {
  const region = frame.querySelector(".map-region");
  const look = () =>
    frame.classList.toggle("at-end", region.scrollLeft + region.clientWidth >= region.scrollWidth - 2);
  region.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(region);
  look();
}

// On paper a year of weeks is laid out as two tables of half a year each.
function half(table, from, to) {
  const copy = table.cloneNode(true);
  copy.classList.add("half");
  copy.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
  let start = 0;
  for (const year of copy.querySelectorAll("th.year")) {
    const end = start + year.colSpan;
    const kept = Math.min(end, to) - Math.max(start, from);
    start = end;
    if (kept > 0) year.colSpan = kept;
    else year.remove();
  }
  const cut = (cells) => cells.forEach((cell, i) => (i < from || i >= to ? cell.remove() : null));
  cut([...copy.tHead.rows[1].cells]);
  for (const body of copy.tBodies)
    for (const line of body.rows)
      if (line.matches(".group")) line.cells[0].colSpan = to - from + 2;
      else cut([...line.cells].slice(2));
  return copy;
}

function forPaper(table) {
  const weeks = table.tHead.rows[1].cells.length;
  if (weeks < SPLIT_FROM || table.matches(".split")) return;
  const middle = Math.ceil(weeks / 2);
  table.after(half(table, 0, middle), half(table, middle, weeks));
  table.classList.add("split");
}

function forScreen(table) {
  table.parentElement.querySelectorAll(".half").forEach((copy) => copy.remove());
  table.classList.remove("split");
}

const maps = [...document.querySelectorAll("table.map")];
maps.forEach(byKeyboard);
document.querySelectorAll(".map-frame").forEach(byEdge);
addEventListener("beforeprint", () => maps.forEach(forPaper));
addEventListener("afterprint", () => maps.forEach(forScreen));
