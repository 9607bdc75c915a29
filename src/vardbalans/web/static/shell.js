// The frame by keyboard: Ctrl K opens the command menu, ? the shortcuts, and the unit tree is filtered while one types.
// Without this script each of them is a link or a form that leads to a page of the same.
const RECENT = "vardbalans-recent";
const QUESTION_MARK = "vardbalans-question-mark";
const RECENT_MOST = 8;
const WAIT_MS = 120;

// What one has opened is kept for this tab alone: nothing is left on a shared computer.
function recent() {
  try {
    return JSON.parse(sessionStorage.getItem(RECENT) ?? "[]");
  } catch {
    return [];
  }
}

function remember() {
  const here = { name: document.title.replace(/ – Vårdbalans$/, ""), hint: "", address: location.pathname + location.search };
  const others = recent().filter((place) => place.address !== here.address);
  sessionStorage.setItem(RECENT, JSON.stringify([here, ...others].slice(0, RECENT_MOST + 1)));
}

function linkTo(place) {
  const item = document.createElement("li");
  const link = item.appendChild(document.createElement("a"));
  link.href = place.address;
  link.textContent = place.name;
  if (place.hint) {
    const hint = item.appendChild(document.createElement("span"));
    hint.className = "muted";
    hint.textContent = ` ${place.hint}`;
  }
  return item;
}

// Asks for what the words find, once they have stood still; an answer that comes late is passed over.
function finder(address, show) {
  let waiting;
  let asked = 0;
  return (words) => {
    clearTimeout(waiting);
    const turn = (asked += 1);
    waiting = setTimeout(async () => {
      const where = new URL(address, location.href);
      where.searchParams.set("q", words);
      try {
        const answer = await fetch(where, { headers: { Accept: "application/json" } });
        if (turn === asked && answer.ok && !answer.redirected) show((await answer.json()).groups);
      } catch {
        // The network is away for a while: what is shown stays.
      }
    }, WAIT_MS);
  };
}

// Down and Up move between the words and the links; Enter among the words follows the first link.
function byArrows(input, list) {
  const links = () => [...list.querySelectorAll("a")];
  list.parentElement.addEventListener("keydown", (event) => {
    const found = links();
    const at = found.indexOf(document.activeElement);
    if (event.key === "Enter" && event.target === input && found.length) {
      event.preventDefault();
      found[0].click();
    } else if (event.key === "ArrowDown" && found.length) {
      event.preventDefault();
      found[Math.min(at + 1, found.length - 1)].focus();
    } else if (event.key === "ArrowUp" && found.length) {
      event.preventDefault();
      (at <= 0 ? input : found[at - 1]).focus();
    }
  });
}

function commandMenu(dialog, opener) {
  const input = dialog.querySelector("input");
  const list = dialog.querySelector(".command-groups");
  const said = dialog.querySelector("[role=status]");
  const asked = new URL(opener.href).search;
  const show = (groups) => {
    const shown = input.value.trim() ? groups : [{ name: dialog.dataset.recent, places: recent().slice(1) }, ...groups];
    list.replaceChildren();
    for (const group of shown.filter((each) => each.places.length)) {
      const heading = list.appendChild(document.createElement("h2"));
      heading.textContent = group.name;
      list.appendChild(document.createElement("ul")).append(...group.places.map(linkTo));
    }
    const count = shown.reduce((sum, group) => sum + group.places.length, 0);
    said.textContent = count ? `${count} ${dialog.dataset.count}` : dialog.dataset.none;
    if (!count) list.textContent = dialog.dataset.none;
  };
  const find = finder(dialog.dataset.list + asked, show);
  input.addEventListener("input", () => find(input.value));
  byArrows(input, list);
  return () => {
    if (dialog.open) return;
    input.value = "";
    dialog.showModal();
    find("");
  };
}

function unitTree(form) {
  const body = form.parentElement;
  const input = form.querySelector("input[type=search]");
  const list = body.querySelector("[data-units-found]");
  const tree = body.querySelector("[data-units-tree]");
  const commands = document.getElementById("commands");
  const said = body.querySelector("[data-units-said]");
  const asked = new URLSearchParams(new FormData(form));
  asked.delete("q");
  const find = finder(`${commands.dataset.list}?${asked}`, (groups) => {
    const places = groups.flatMap((group) => group.places);
    list.replaceChildren(...places.map(linkTo));
    said.textContent = places.length ? `${places.length} ${commands.dataset.count}` : commands.dataset.none;
    const searching = input.value.trim() !== "";
    list.hidden = !searching;
    tree.hidden = searching;
    if (searching && !places.length) list.textContent = commands.dataset.none;
  });
  input.addEventListener("input", () => find(input.value));
  byArrows(input, body);
}

function isWriting(target) {
  return target.matches("input, textarea, select, [contenteditable]") || target.closest("[role=grid]");
}

const commands = document.getElementById("commands");
const opener = document.querySelector("[data-go]");
const shortcuts = document.getElementById("shortcuts-dialog");
remember();
const openCommands = commandMenu(commands, opener);
opener.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openCommands();
});
const questionMark = shortcuts.querySelector("[data-question-mark]");
questionMark.checked = localStorage.getItem(QUESTION_MARK) !== "off";
questionMark.addEventListener("change", () => localStorage.setItem(QUESTION_MARK, questionMark.checked ? "on" : "off"));
addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openCommands();
  } else if (event.key === "?" && questionMark.checked && !event.ctrlKey && !event.metaKey && !isWriting(event.target)) {
    event.preventDefault();
    if (!shortcuts.open && !commands.open) shortcuts.showModal();
  }
});
document.querySelectorAll("form[data-units]").forEach(unitTree);

// A menu that is open closes with Escape, and when something else is pointed at.
const menus = [...document.querySelectorAll(".top details")];
addEventListener("keydown", (event) => {
  const open = menus.find((menu) => menu.open && menu.contains(event.target));
  if (event.key !== "Escape" || !open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
addEventListener("pointerdown", (event) => menus.forEach((menu) => menu.contains(event.target) || (menu.open = false)));
