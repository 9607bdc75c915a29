// A waterfall: from what is before to the outcome, one bar for each cause. Over is orange with ▲, under blue with ▼,
// unless a bar says how it looks.
const CAUSES = ["required", "available"];

function waterfall(data) {
  const shown = new Intl.NumberFormat(data.language === "sv" ? "sv-SE" : "en-GB");
  const last = data.bars.length - 1;
  return (c, narrow) => {
    const names = { type: "category", data: data.bars.map((bar) => bar.name), inverse: narrow, axisTick: { show: false }, axisLine: { lineStyle: { color: c.muted } }, axisLabel: { color: c.ink, interval: 0, overflow: "break", width: narrow ? 88 : 130, lineHeight: 16 } };
    const amounts = { ...paint.countAxis(c, data.unit, shown, narrow ? {} : { align: "left" }), min: undefined, splitNumber: narrow ? 3 : 5, ...(narrow ? { nameLocation: "middle", nameGap: 30 } : {}) };
    const at = (api, index, value) => api.coord(narrow ? [value, index] : [index, value]);
    const colour = (bar) => (bar.look ? c[bar.look] : bar.to >= bar.from ? c.required : c.available);
    return {
      animation: false,
      textStyle: { fontFamily: c.font, color: c.ink },
      aria: { enabled: false },
      grid: { left: narrow ? 100 : 64, right: narrow ? 64 : 20, top: narrow ? 8 : 44, bottom: narrow ? 56 : 44 },
      tooltip: { ...paint.tooltip(c, data.bars.map((bar) => bar.tip)), confine: true },
      xAxis: narrow ? amounts : names,
      yAxis: narrow ? names : amounts,
      series: [
        {
          type: "custom",
          encode: narrow ? { x: [1, 2], y: 0 } : { x: 0, y: [1, 2] },
          data: data.bars.map((bar, i) => [i, bar.from, bar.to]),
          renderItem: (_params, api) => {
            const index = api.value(0);
            const bar = data.bars[index];
            const [from, to] = [at(api, index, bar.from), at(api, index, bar.to)];
            const along = narrow ? 1 : 0;
            const wide = api.size([1, 1])[along] * 0.56;
            const corner = [Math.min(from[0], to[0]), Math.min(from[1], to[1])];
            corner[along] = from[along] - wide / 2;
            const size = [Math.max(Math.abs(from[0] - to[0]), 1), Math.max(Math.abs(from[1] - to[1]), 1)];
            size[along] = wide;
            const style = { fill: colour(bar), opacity: bar.whole ? 1 : 0.75 };
            const text = narrow
              ? { x: Math.max(from[0], to[0]) + 4, y: from[1], align: "left", verticalAlign: "middle" }
              : { x: from[0], y: corner[1] - 4, align: "center", verticalAlign: "bottom" };
            const children = [
              { type: "rect", shape: { x: corner[0], y: corner[1], width: size[0], height: size[1] }, style },
              { type: "text", style: { ...text, text: bar.text, fill: c.ink, font: `600 13px ${c.font}` } },
            ];
            // A thin line carries the height over to the next bar.
            if (index < last - 1) {
              const next = at(api, index + 1, bar.to);
              children.push({ type: "line", shape: { x1: to[0], y1: to[1], x2: next[0], y2: next[1] }, style: { stroke: c.muted, lineDash: [3, 3] }, z2: -1 });
            }
            return { type: "group", children };
          },
        },
      ],
    };
  };
}

const variance = document.querySelector("[data-waterfall]");
if (variance) {
  const data = JSON.parse(document.getElementById(variance.dataset.waterfall).textContent);
  paint.keep(variance, data.language === "sv" ? "SV" : "EN", CAUSES, waterfall(data));
}
