// Small plots of the last minutes, drawn by uPlot in the page's own colours.
import { html, useEffect, useRef } from "/static/vendor/preact-htm.mjs";
import { t } from "/static/text.js";

const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function ceiling(most, floor) {
  const top = Math.max(most * 1.15, floor);
  const step = 10 ** Math.floor(Math.log10(top));
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map((n) => n * step).find((n) => n >= top - 1e-9);
}

// `minutes` is how far back it goes. points: [[at, value|null]…]; `target` draws a dashed line; `show` formats the axis.
export function Plot({ points, tint, floor, most, target, show, label, minutes = 15 }) {
  const box = useRef(null);
  const plot = useRef(null);
  const latest = useRef({});
  latest.current = { floor, most, target, show };

  useEffect(() => {
    function draw() {
      plot.current?.destroy();
      const line = colour(tint), grid = colour("--line"), ink = colour("--muted");
      plot.current = new uPlot({
        width: Math.max(80, box.current.clientWidth), height: 78, padding: [6, 4, 0, 0],
        cursor: { show: false }, legend: { show: false },
        scales: {
          x: { time: true, range: (u, low, high) => [(high || 0) - minutes * 60, high || 1] },
          y: { range: (u, low, high) => [0, latest.current.most ?? ceiling(Math.max(high || 0, latest.current.target || 0), latest.current.floor)] },
        },
        axes: [
          { size: 16, gap: 2, stroke: ink, font: "10px system-ui", grid: { show: false }, ticks: { show: false },
            splits: (u, i, low, high) => [high - minutes * 40, high - minutes * 20], values: (u, splits) => splits.map((at) => `-${Math.round((u.scales.x.max - at) / 60)}′`) },
          { size: 34, gap: 4, stroke: ink, font: "10px system-ui", grid: { stroke: grid, width: 1 }, ticks: { show: false },
            splits: (u, i, low, high) => [0, high / 2, high], values: (u, splits) => splits.map((v) => latest.current.show(v)) },
        ],
        series: [{}, { stroke: line, width: 1.75, fill: line + "22", points: { show: false }, spanGaps: false }],
        hooks: { draw: [(u) => {
          const goal = latest.current.target;
          if (goal == null) return;
          const y = Math.round(u.valToPos(goal, "y", true));
          u.ctx.save();
          u.ctx.strokeStyle = colour("--bad"); u.ctx.setLineDash([5, 4]); u.ctx.lineWidth = 1.25;
          u.ctx.beginPath(); u.ctx.moveTo(u.bbox.left, y); u.ctx.lineTo(u.bbox.left + u.bbox.width, y); u.ctx.stroke();
          u.ctx.restore();
        }] },
      }, latest.current.data ?? [[], []], box.current);
    }
    draw();
    const watch = new ResizeObserver(() => plot.current?.setSize({ width: Math.max(80, box.current.clientWidth), height: 78 }));
    watch.observe(box.current);
    dark.addEventListener("change", draw);
    return () => { watch.disconnect(); dark.removeEventListener("change", draw); plot.current?.destroy(); };
  }, []);

  useEffect(() => {
    latest.current.data = [points.map((p) => p[0]), points.map((p) => p[1])];
    plot.current?.setData(latest.current.data);
  }, [points, target]);

  return html`<div class="plot" role="img" aria-label=${label}><div ref=${box}></div>
    ${points.length < 2 && html`<span class="plot-wait">${t("plot.wait")}</span>`}</div>`;
}
