import "uplot/dist/uPlot.min.css";
import "./page.css";
import { marked } from "marked";
import type { Line, View } from "../../../lib/cloudwatch/widgets.ts";
import type { Moment, Page } from "../page-model.ts";
import { drawGraph, drawSparkline, LINE_COLORS, type Range } from "./charts.ts";
import { formatTime, formatValue } from "./format.ts";

/** Draws the server's data repeatedly. */

const REFRESH_MS = 2_000;
let refreshes = 0;

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  text = "",
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

type Of<Kind extends View["kind"]> = Extract<View, { kind: Kind }>;
/** Charts need their size, which is known only once they are in the page. */
type DrawLater = () => void;

function draw(view: View, range: Range, later: DrawLater[]): HTMLElement {
  const { place } = view;
  const widget = element("section", `widget ${view.kind}`);
  widget.style.gridColumn = `${place.x + 1} / span ${place.width}`;
  widget.style.gridRow = `span ${place.height}`;
  if (view.kind !== "text") widget.append(element("h2", "", view.title));
  switch (view.kind) {
    case "text":
      widget.innerHTML = marked.parse(view.markdown, { async: false });
      break;
    case "number":
      fillNumber(widget, view, range, later);
      break;
    case "graph":
      fillGraph(widget, view, range, later);
      break;
    case "alarms":
      fillAlarms(widget, view);
      break;
    case "table":
      fillTable(widget, view);
      break;
  }
  return widget;
}

function fillNumber(widget: HTMLElement, { label, value, line }: Of<"number">, range: Range, later: DrawLater[]): void {
  const chart = element("div", "chart");
  widget.append(element("div", "value", formatValue(value)), element("div", "label", label), chart);
  later.push(() => drawSparkline(chart, line, range));
}

function fillGraph(widget: HTMLElement, view: Of<"graph">, range: Range, later: DrawLater[]): void {
  const chart = element("div", "chart");
  const legend = element("div", "legend");
  const lines = view.lines.filter(({ points }) => points.length > 0);
  if (lines.length === 0) chart.append(element("div", "empty", "nothing to show, which is good or early"));
  legend.append(...lines.map((line, index) => legendEntry(line, index)));
  widget.append(chart, legend);
  if (lines.length > 0) later.push(() => drawGraph(chart, { ...view, lines }, range));
}

function legendEntry({ label, axis }: Line, index: number): HTMLElement {
  const entry = element("span");
  const swatch = element("i");
  swatch.style.background = LINE_COLORS[index % LINE_COLORS.length] ?? "";
  entry.append(swatch, axis === "right" ? `${label} (right)` : label);
  return entry;
}

function fillAlarms(widget: HTMLElement, { alarms }: Of<"alarms">): void {
  const list = element("ul");
  for (const { name, state } of alarms) {
    const item = element("li", "", name);
    item.dataset["state"] = state;
    item.title = `${name}: ${state}`;
    list.append(item);
  }
  widget.append(list);
}

const TIMES = new Set(["@timestamp", "first", "last"]);

function fillTable(widget: HTMLElement, { table }: Of<"table">): void {
  const { columns, rows } = table;
  const drawn = element("table");
  const head = drawn.createTHead().insertRow();
  head.append(...columns.map((column) => element("th", "", column)));
  const body = drawn.createTBody();
  for (const row of rows) {
    const cells = columns.map((column, index) => {
      const text = row[index] ?? "";
      return element("td", "", TIMES.has(column) ? formatTime(Number(text)) : text);
    });
    body.insertRow().append(...cells);
  }
  const scroll = element("div", "scroll");
  scroll.append(drawn);
  widget.append(scroll);
}

function drawMoment({ title, tone, atMs, views }: Moment, fromMs: number, later: DrawLater[]): HTMLElement {
  const section = element("section", "moment");
  section.dataset["tone"] = tone;
  const grid = element("div", "grid");
  grid.append(...views.map((view) => draw(view, { fromMs, toMs: atMs }, later)));
  section.append(element("h2", "", `${title} · the first row at ${formatTime(atMs)}`), grid);
  return section;
}

async function refresh(): Promise<void> {
  const response = await fetch("/page.json");
  const page = (await response.json()) as Page;
  const later: DrawLater[] = [];
  const { fromMs, toMs } = page;
  document.title = page.title;
  byId("title").textContent = page.title;
  byId("note").textContent = page.note;
  byId("moments").replaceChildren(...page.moments.map((moment) => drawMoment(moment, fromMs, later)));
  byId("dashboard").replaceChildren(...page.views.map((view) => draw(view, { fromMs, toMs }, later)));
  for (const drawChart of later) drawChart();
  refreshes += 1;
  document.body.dataset["refreshes"] = String(refreshes);
}

function byId(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`The page has no element #${id}.`);
  return found;
}

async function keepRefreshing(): Promise<void> {
  try {
    await refresh();
  } catch (error) {
    byId("note").textContent = `The run has ended, or its server does not answer: ${String(error)}`;
  }
  setTimeout(() => void keepRefreshing(), REFRESH_MS);
}

void keepRefreshing();
