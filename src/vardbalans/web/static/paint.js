// What every chart shares: the page's own colours, and being drawn anew for another width, theme or paper.
const paint = (() => {
  const PAPER = { width: 980, height: 280 };
  const NARROW = 640;

  function colours(light, names) {
    // A probe resolves light-dark() to the colour in force.
    const probe = document.createElement("span");
    // On paper the colours are the light ones, whatever the theme of the screen.
    if (light) probe.style.colorScheme = "light";
    document.body.append(probe);
    const read = (name) => {
      probe.style.color = `var(--${name})`;
      return getComputedStyle(probe).color;
    };
    const found = Object.fromEntries(["ink", "muted", "line", "surface", "shade", ...names].map((name) => [name, read(name)]));
    probe.remove();
    const style = getComputedStyle(document.documentElement);
    return { ...found, font: style.fontFamily || getComputedStyle(document.body).fontFamily };
  }

  // make(colours, narrow) gives the chart's option; drawn(chart, narrow) may put the last things right.
  // What is returned draws it anew, on paper where that is true.
  function keep(place, language, names, make, drawn = () => {}) {
    if (!window.echarts || !place) return () => {};
    let chart;
    let width;
    let printing = false;
    const draw = (paper) => {
      chart?.dispose();
      const size = paper ? PAPER : {};
      width = place.clientWidth;
      chart = echarts.init(place, null, { renderer: "svg", locale: language, ...size });
      const narrow = (size.width ?? place.clientWidth) < NARROW;
      chart.setOption(make(colours(paper, names), narrow));
      drawn(chart, narrow);
    };
    place.textContent = "";
    draw(false);
    new ResizeObserver(() => (printing || width === place.clientWidth ? null : draw(false))).observe(place);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => draw(false));
    addEventListener("beforeprint", () => {
      printing = true;
      draw(true);
    });
    addEventListener("afterprint", () => {
      printing = false;
      draw(false);
    });
    return draw;
  }

  const endLabel = (text, colour) => ({ show: true, formatter: text, color: colour, fontSize: 13, distance: 8, fontWeight: 600 });

  // Each point's whole text at once, in the page's own words.
  const tooltip = (c, tips) => ({
    trigger: "axis",
    renderMode: "richText",
    backgroundColor: c.surface,
    borderColor: c.line,
    borderWidth: 1,
    textStyle: { color: c.ink, fontSize: 13, lineHeight: 19 },
    axisPointer: { lineStyle: { color: c.muted } },
    formatter: (items) => tips[items[0].dataIndex],
  });

  const periodAxis = (c, labels, axisLabel = {}) => ({
    type: "category",
    data: labels,
    boundaryGap: false,
    axisLine: { lineStyle: { color: c.muted } },
    axisTick: { show: false },
    axisLabel: { color: c.muted, hideOverlap: true, lineHeight: 16, margin: 8, ...axisLabel },
  });

  const countAxis = (c, name, shown, nameTextStyle) => ({
    type: "value",
    min: 0,
    name,
    nameTextStyle: { color: c.muted, ...nameTextStyle },
    axisLabel: { color: c.muted, hideOverlap: true, formatter: (value) => shown.format(value) },
    splitLine: { lineStyle: { color: c.line } },
  });

  return { keep, endLabel, tooltip, periodAxis, countAxis };
})();
