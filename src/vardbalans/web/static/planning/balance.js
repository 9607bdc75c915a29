// The balance rows under the grid, computed anew for the week that changes: what others require plus what is planned.
const BALANCED = 0.05;
const MUCH = 0.15;
const BEYOND_SENSE = 9.995;

export class Balance {
  // resources: as the page sends them; lines: their rows of cells by resource; planned(service, place): a number, null where
  // the cell is empty. Where nothing at all is planned of what uses a resource, nothing is said of its balance.
  constructor(resources, lines, weeks, planned) {
    Object.assign(this, { resources, lines, weeks, planned });
    this.users = new Map();
    for (const resource of resources)
      for (const service of Object.keys(resource.amounts))
        this.users.set(service, [...(this.users.get(service) ?? []), resource]);
  }

  required(resource, place) {
    const others = resource.others[place];
    if (others === null) return null;
    let own = null;
    for (const [service, amount] of Object.entries(resource.amounts)) {
      const planned = this.planned(service, place);
      if (planned !== null) own = (own ?? 0) + planned * amount;
    }
    return own === null ? null : others + own;
  }

  excess(resource, place) {
    return excess(this.required(resource, place), resource.available[place]);
  }

  mark(resource, place) {
    return mark(this.excess(resource, place));
  }

  changed(service, place) {
    for (const resource of this.users.get(service) ?? []) this.paint(resource, place);
  }

  paint(resource, place) {
    const cell = this.lines.get(resource.id).cells[place];
    const share = this.excess(resource, place);
    const text = mark(share);
    if (cell.firstChild?.data !== text) cell.textContent = text;
    const now = level(share);
    if (!cell.classList.contains(now)) {
      cell.classList.remove("over2", "over1", "even", "under1", "under2", "none");
      cell.classList.add(now);
    }
    const line = this.lines.get(resource.id);
    const short = resource.available.filter((_minutes, at) => level(this.excess(resource, at)).startsWith("over")).length;
    line.total.textContent = String(short);
  }
}

// The share by which what is required exceeds what is there, as vardbalans.web.insight.levels says it.
export function excess(required, available) {
  if (required === null || available === null) return null;
  if (available <= 0) return required > 0 ? Infinity : null;
  return (required - available) / available;
}

export function level(share) {
  if (share === null) return "none";
  if (Math.abs(share) <= BALANCED) return "even";
  return `${share > 0 ? "over" : "under"}${Math.abs(share) > MUCH ? 2 : 1}`;
}

export function mark(share) {
  if (share === null) return "–";
  if (share === Infinity) return "▲×";
  const rounded = String(Math.round(Math.abs(share) * 100));
  if (level(share) === "even") return rounded === "0" ? rounded : (share > 0 ? "△" : "▽") + rounded;
  if (share >= BEYOND_SENSE) return "▲999+";
  return (share > 0 ? "▲" : "▼") + rounded;
}
