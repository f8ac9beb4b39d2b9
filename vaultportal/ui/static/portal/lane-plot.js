// <lane-plot>: draws the table inside it as bars, one lane for each column of values, on one axis of time. The
// table stays for who reads it. Colours come from the tokens and follow the theme.
const LABELLED = 150;
const BARE = 104;

function colour(token) {
  const probe = document.createElement("i");
  probe.hidden = true;
  probe.style.color = `var(${token})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

customElements.define("lane-plot", class extends HTMLElement {
  connectedCallback() {
    this.times = [...this.querySelectorAll("[data-at]")].map((time) => Number(time.dataset.at));
    this.lanes = [...this.querySelectorAll(".vp-lane")];
    this.drawn = [];
    this.width = 0;
    this.resized = new ResizeObserver(() => this.clientWidth !== this.width && this.draw());
    this.resized.observe(this);
    this.themed = new MutationObserver(() => this.draw());
    this.themed.observe(document.documentElement, { attributeFilter: ["data-bs-theme"] });
  }

  disconnectedCallback() {
    this.resized.disconnect();
    this.themed.disconnect();
  }

  draw() {
    this.width = this.clientWidth;
    this.drawn.forEach((plot) => (plot.destroy(), plot.box.remove()));
    this.drawn = this.lanes.map((lane, column) => this.lane(lane, column));
  }

  lane(lane, column) {
    const box = document.createElement("div");
    box.className = "vp-plot";
    box.ariaHidden = "true";
    lane.append(box);
    const values = [...this.querySelectorAll("tbody tr")].map((row) => Number(row.querySelectorAll("[data-v]")[column].dataset.v));
    const usual = lane.dataset.usual ? Number(lane.dataset.usual) : null;
    const last = column === this.lanes.length - 1;
    const plot = new window.uPlot(this.options(lane, box, last, usual), [this.times, values, this.times.map(() => usual)], box);
    return Object.assign(plot, { box });
  }

  options(lane, box, last, usual) {
    const step = this.times[1] - this.times[0];
    const spoken = new Intl.DateTimeFormat(document.documentElement.lang, "byDay" in this.dataset ? { day: "numeric", month: "short" } : { weekday: step > 3600 ? "short" : undefined, hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
    const axis = { stroke: colour("--ink-3"), font: "12px 'Inter var', system-ui", ticks: { show: false }, grid: { stroke: colour("--plot-grid"), width: 1 } };
    const fill = colour(lane.dataset.kind === "plain" ? "--plot-2" : "--plot-1");
    return {
      width: box.clientWidth,
      height: last ? LABELLED : BARE,
      legend: { show: false },
      cursor: { show: false },
      padding: [10, 2, last ? 0 : 8, 0],
      scales: { x: { time: true, range: (_, low, high) => [low - step * 0.6, high + step * 0.6] }, y: { range: (_, low, high) => [0, Math.max(4, high * 1.15)] } },
      axes: [
        { ...axis, show: last, size: 26, grid: { show: false }, space: 90, values: (_, ticks) => ticks.map((tick) => spoken.format(tick * 1000)) },
        { ...axis, size: 46, space: 34, gap: 8, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 1e5, 1e6], values: (_, ticks) => ticks.map((tick) => tick.toLocaleString(document.documentElement.lang)) },
      ],
      series: [{}, { paths: window.uPlot.paths.bars({ size: [0.66, 20], radius: 0.2 }), fill, points: { show: false } }, { stroke: colour("--ink-3"), dash: [4, 4], width: 1.25, points: { show: false }, show: usual !== null }],
    };
  }
});
