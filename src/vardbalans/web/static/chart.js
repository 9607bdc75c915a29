// Required against available, week by week, drawn from the page's own data in the page's own colours.
const place = document.getElementById("chart");
const data = JSON.parse(document.getElementById("chart-data").textContent);
const language = data.language === "sv" ? "SV" : "EN";
const shown = new Intl.NumberFormat(data.language === "sv" ? "sv-SE" : "en-GB");
const LABEL_HEIGHT = 19;

function option(c, narrow) {
  const band = data.required_q95.map((high, i) => (high === null ? null : high - data.required_q05[i]));
  const label = (text, colour) => (narrow ? { show: false } : paint.endLabel(text, colour));
  // A triangle on each week that is more than 5 % over: the same mark as in the map, so that colour is not alone.
  const required = data.required.map((value, i) => ({ value, symbol: data.over[i] ? "triangle" : "none" }));
  const years = data.years;
  return {
    animation: false,
    textStyle: { fontFamily: c.font, color: c.ink },
    aria: { enabled: false },
    legend: narrow ? { selectedMode: false, data: [data.texts.required, data.texts.available], top: 0, left: 0, itemStyle: { opacity: 0 }, textStyle: { color: c.ink } } : { show: false },
    grid: { left: 52, right: narrow ? 12 : 110, top: narrow ? 48 : 32, bottom: 42 },
    tooltip: paint.tooltip(c, data.tips),
    xAxis: paint.periodAxis(c, data.weeks.map((week, i) => (i === 0 || years[i] !== years[i - 1] ? `${week}\n${years[i]}` : week))),
    yAxis: paint.countAxis(c, data.unit, shown, { align: "left" }),
    series: [
      { type: "line", stack: "band", data: data.required_q05, symbol: "none", lineStyle: { opacity: 0 }, silent: true, tooltip: { show: false } },
      { name: data.texts.band, type: "line", stack: "band", data: band, symbol: "none", lineStyle: { opacity: 0 }, areaStyle: { color: c.band, opacity: 1 }, silent: true },
      { name: data.texts.available, type: "line", data: data.available, symbol: "none", color: c.available, lineStyle: { color: c.available, width: 2.25 }, endLabel: label(data.texts.available, c.available), labelLayout: { moveOverlap: "shiftY" } },
      { name: data.texts.required, type: "line", data: required, symbolSize: 8, showAllSymbol: true, color: c.required, lineStyle: { color: c.required, width: 2, type: [6, 4] }, endLabel: label(data.texts.required, c.required), labelLayout: { moveOverlap: "shiftY" } },
    ],
  };
}

// The two end labels stand at the lines' last values; where those are close the labels are moved apart.
function apart(chart) {
  const last = data.weeks.length - 1;
  const ends = [data.available[last], data.required[last]];
  if (ends.includes(null)) return;
  const [available, required] = ends.map((value) => chart.convertToPixel({ yAxisIndex: 0 }, value));
  const missing = LABEL_HEIGHT - Math.abs(available - required);
  if (missing <= 0) return;
  const down = available >= required ? 1 : -1;
  const move = (name, by) => ({ name, endLabel: { offset: [0, by] } });
  chart.setOption({
    series: [{}, {}, move(data.texts.available, (down * missing) / 2), move(data.texts.required, (-down * missing) / 2)],
  });
}

const draw = paint.keep(place, language, ["required", "band", "available"], option, (chart, narrow) => (narrow ? null : apart(chart)));
