// The rows of the orders under the grid: what is ordered per week stands still, what the plan has above or below it is
// computed anew for the week that changes. Nothing is said of a week in which nothing is planned.
export class Orders {
  // ordered: slots per week by service, as the page sends them; lines: the rows of the differences by service;
  // planned(service, place): whole hundredths, null where the cell is empty; show(hundredths): as the page writes it.
  constructor(ordered, lines, planned, show) {
    Object.assign(this, { ordered, lines, planned, show });
  }

  changed(service, place) {
    const [weeks, line] = [this.ordered[service], this.lines.get(service)];
    if (!line) return;
    const planned = weeks.map((_slots, at) => this.planned(service, at));
    const known = planned.filter((value) => value !== null);
    const all = weeks.reduce((sum, slots) => sum + slots, 0) * 100;
    const cell = line.cells[place];
    const difference = planned[place] === null ? null : planned[place] - weeks[place] * 100;
    cell.dataset.v = difference === null ? "" : String(difference / 100);
    cell.textContent = difference === null ? "" : this.show(difference);
    line.total.textContent = known.length ? this.show(known.reduce((sum, value) => sum + value, 0) - all) : "–";
  }
}
