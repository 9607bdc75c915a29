// The balance map by keyboard: one stop for Tab, then arrows, Home and End move between the cells' links.
for (const table of document.querySelectorAll("table.map")) {
  const rows = [...table.querySelectorAll("tbody tr")]
    .map((row) => [...row.querySelectorAll("td > a")])
    .filter((links) => links.length > 0);
  if (rows.length === 0) continue;
  let [row, column] = [0, 0];

  const go = (toRow, toColumn) => {
    const wantedRow = Math.min(Math.max(toRow, 0), rows.length - 1);
    const wantedColumn = Math.min(Math.max(toColumn, 0), rows[wantedRow].length - 1);
    rows[row][column].tabIndex = -1;
    [row, column] = [wantedRow, wantedColumn];
    rows[row][column].tabIndex = 0;
  };
  go(0, 0);

  table.addEventListener("focusin", (event) => {
    rows.forEach((links, y) => {
      const x = links.indexOf(event.target);
      if (x >= 0) go(y, x);
    });
  });
  table.addEventListener("keydown", (event) => {
    if (!event.target.matches("td > a") || event.altKey || event.shiftKey || event.metaKey) return;
    const far = event.ctrlKey;
    const moves = {
      ArrowUp: [far ? 0 : row - 1, column],
      ArrowDown: [far ? rows.length : row + 1, column],
      ArrowLeft: [row, far ? 0 : column - 1],
      ArrowRight: [row, far ? rows[row].length : column + 1],
      Home: [far ? 0 : row, 0],
      End: [far ? rows.length : row, rows[row].length],
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    go(...moves[event.key]);
    rows[row][column].focus();
  });
}
