// Clashes: where others have changed the cells of a step, what was typed stays until the planner has chosen.
const key = (cell) => `${cell.service} ${cell.week}`;

export class Clash {
  // cellOf({service, week}): the cell in the grid; said(cell, typed, theirs): one clash in words.
  constructor(box, { cellOf, said }) {
    Object.assign(this, { box, cellOf, said, steps: [], theirs: [] });
  }

  get isOpen() {
    return !this.box.hidden;
  }

  // Shows the cells of *step* that *changes* have changed too; returns the changes that nobody typed over.
  open(step, changes) {
    const typed = new Map(step.cells.map((cell) => [key(cell), cell]));
    for (const change of changes) {
      const [mine, cell] = [typed.get(key(change)), this.cellOf(change)];
      if (!mine || !cell) continue;
      cell.classList.add("clash");
      const item = document.createElement("li");
      item.textContent = this.said(cell, mine, change);
      this.box.querySelector("ul").append(item);
    }
    this.box.hidden = false;
    this.steps.push(step);
    this.theirs.push(...changes);
    return changes.filter((change) => !typed.has(key(change)));
  }

  // Returns the cells to send anew, and what to paint: all that was typed, or only what was in nobody's way.
  settle(keepMine) {
    const [cells, theirs] = [this.steps.flatMap((step) => step.cells), this.theirs];
    for (const change of theirs) this.cellOf(change)?.classList.remove("clash");
    this.box.querySelector("ul").replaceChildren();
    this.box.hidden = true;
    [this.steps, this.theirs] = [[], []];
    if (keepMine) return { send: cells, paint: [] };
    const taken = new Set(theirs.map(key));
    return { send: cells.filter((cell) => !taken.has(key(cell))), paint: theirs };
  }
}
