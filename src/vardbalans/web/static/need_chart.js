// Charts of need, lists and beds: outcome as dots, forecast dashed with its intervals, from the page's own data in the page's own colours.
const LOOKS = {
  outcome: (c) => ({ color: c.ink, symbol: "circle", symbolSize: 4, showAllSymbol: true, lineStyle: { color: c.ink, width: 1, opacity: 0.45 } }),
  forecast: (c) => ({ color: c.forecast, symbol: "none", lineStyle: { color: c.forecast, width: 2.25, type: [6, 4] } }),
  came: (c) => ({ color: c.ink, symbol: "circle", symbolSize: 4, showAllSymbol: true, lineStyle: { color: c.ink, width: 1, opacity: 0.45 } }),
  treated: (c) => ({ color: c.forecast, symbol: "rect", symbolSize: 5, showAllSymbol: true, lineStyle: { color: c.forecast, width: 1, opacity: 0.6 } }),
  came_ahead: (c) => ({ color: c.ink, symbol: "none", lineStyle: { color: c.ink, width: 1.75, type: [6, 4] } }),
  treated_ahead: (c) => ({ color: c.forecast, symbol: "none", lineStyle: { color: c.forecast, width: 2.25, type: [2, 3] } }),
  plan: (c) => ({ color: c.ink, symbol: "none", lineStyle: { color: c.ink, width: 1.5 } }),
  counted: (c) => ({ color: c.ink, symbol: "none", lineStyle: { color: c.ink, width: 1.75 } }),
  beds: (c) => ({ color: c.available, symbol: "none", step: "end", lineStyle: { color: c.available, width: 2 } }),
  base: (c) => ({ color: c.muted, symbol: "none", lineStyle: { color: c.muted, width: 1.5, type: [2, 3] } }),
};
const NAMES = ["forecast", "available", "band50", "band80", "band95"];

function interval(band, number, c) {
  const shared = { type: "line", stack: `band${number}`, symbol: "none", lineStyle: { opacity: 0 }, silent: true, z: 1 };
  const height = band.high.map((high, i) => (high === null ? null : high - band.low[i]));
  return [
    { ...shared, data: band.low },
    { ...shared, data: height, areaStyle: { color: c[band.look], opacity: 1 } },
  ];
}

// A number on the time axis for each event or earlier forecast: what it stands for is listed beside the chart.
function marked(marks, c) {
  return {
    silent: true,
    symbol: "none",
    lineStyle: { color: c.muted, width: 1, type: "solid" },
    label: { formatter: (mark) => mark.name, color: c.ink, fontSize: 12, fontWeight: 600, position: "end", distance: 3 },
    data: marks.map((mark) => ({ name: mark.text, xAxis: mark.at })),
  };
}

function optionOf(data) {
  const shown = new Intl.NumberFormat(data.language === "sv" ? "sv-SE" : "en-GB");
  const last = data.labels.length - 1;
  const starts = data.years.map((year, i) => year !== "" && (i === 0 || year !== data.years[i - 1]));
  return (c, narrow) => {
    // A label for each new year, and others as evenly as they fit.
    const step = Math.ceil((last + 1) / (narrow ? 5 : 15));
    const near = (i) => starts.some((start, at) => start && at !== i && Math.abs(at - i) < step / 2);
    const labelled = (i) => starts[i] || (i % step === 0 && !near(i));
    const lines = data.series.map((series, number) => {
      const look = LOOKS[series.look](c);
      // A single point has no line: it needs its dot. The label stands at the end of what reaches the end.
      const ends = series.values[last] !== null && series.values[last] !== undefined;
      return {
        name: series.name,
        type: "line",
        data: series.values,
        z: 3,
        ...look,
        endLabel: ends && !narrow && (series.is_labelled || series.look === "forecast") ? paint.endLabel(series.name, look.color) : { show: false },
        labelLayout: { moveOverlap: "shiftY" },
        ...(number === 0 ? { markLine: marked(data.marks, c) } : {}),
      };
    });
    return {
      animation: false,
      textStyle: { fontFamily: c.font, color: c.ink },
      aria: { enabled: false },
      legend: { selectedMode: false, data: data.series.map((series) => ({ name: series.name, itemStyle: { opacity: LOOKS[series.look](c).symbol === "none" ? 0 : 1 } })), top: 0, left: 0, itemWidth: 28, textStyle: { color: c.ink } },
      grid: { left: 52, right: narrow ? 12 : 122, top: 58, bottom: 42 },
      tooltip: { ...paint.tooltip(c, data.tips), confine: true },
      xAxis: paint.periodAxis(c, data.labels.map((label, i) => (starts[i] ? `${label}\n${data.years[i]}` : label)), { interval: labelled }),
      yAxis: { ...paint.countAxis(c, data.unit, shown, { align: "right", padding: [0, 6, 0, 0] }), ...(data.unit === "%" ? { max: 100 } : {}) },
      series: [...data.bands.flatMap((band, number) => interval(band, number, c)), ...lines],
    };
  };
}

document.querySelectorAll("[data-chart]").forEach((place) => {
  const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  paint.keep(place, data.language === "sv" ? "SV" : "EN", NAMES, optionOf(data));
});
