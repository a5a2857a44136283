import type { Browser, Page as BrowserPage } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "../../dev/dashboard/page-model.ts";
import { PageServer } from "../../dev/dashboard/page-server.ts";
import { launchBrowser, openPage } from "../../dev/dashboard/picture.ts";
import { WAIT_HANGS_AFTER_MS } from "../setup/hanging.ts";
import { CALM_VALUES, recordedPage, TROUBLE_VALUES } from "./recorded-page.ts";

/** The synthesized dashboard in a real browser, over data of this test's own. */
let browser: Browser;
let server: PageServer;
let page: BrowserPage;
let recorded: Page;
const errors: string[] = [];

beforeAll(async () => {
  recorded = await recordedPage();
  server = await PageServer.start(() => recorded);
  browser = await launchBrowser();
  page = await openPage(browser, server.url, errors);
});

afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const widgets = "#dashboard > section";

describe("the page", () => {
  it("is served on the loopback alone", () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  it("draws every widget of the synthesized dashboard, rows side by side", async () => {
    const drawn = await page.$$eval(widgets, (sections) =>
      sections.map((section) => {
        const { y, width, height } = section.getBoundingClientRect();
        return { kind: section.className.split(" ")[1], y: Math.round(y), width, height };
      }),
    );
    expect(drawn.length).toBeGreaterThan(30);
    expect(drawn.map(({ kind }) => kind)).toEqual(recorded.views.map(({ kind }) => kind));
    for (const { width, height } of drawn) expect(Math.min(width, height)).toBeGreaterThan(40);
    const tops = new Map<number, Set<number>>();
    for (const [index, { y }] of drawn.entries()) {
      const row = recorded.views[index]?.place.y ?? 0;
      tops.set(row, new Set([...(tops.get(row) ?? []), y]));
    }
    expect([...tops.values()].every((inRow) => inRow.size === 1)).toBe(true);
  });

  it("fills every graph that has lines with ink, and says so where there is nothing to show", async () => {
    const inked = await page.$$eval(`${widgets}.graph`, (graphs) =>
      graphs.map((graph) => {
        const canvas = graph.querySelector("canvas");
        if (canvas === null) return graph.querySelector(".empty") === null ? "blank" : "said so";
        const pixels = canvas.getContext("2d")?.getImageData(0, 0, canvas.width, canvas.height).data ?? [];
        return pixels.some((value) => value > 0) ? "ink" : "blank";
      }),
    );
    const graphs = recorded.views.flatMap((view) => (view.kind === "graph" ? [view] : []));
    const hasPoints = graphs.map(({ lines }) => lines.some(({ points }) => points.length > 0));
    expect(inked).toEqual(hasPoints.map((has) => (has ? "ink" : "said so")));
    expect(new Set(hasPoints)).toEqual(new Set([true, false]));
  });

  it("names every line of a graph", async () => {
    const named = await page.$$eval(`${widgets}.graph`, (graphs) =>
      graphs.map((graph) => graph.querySelectorAll(".legend span").length),
    );
    const graphs = recorded.views.flatMap((view) => (view.kind === "graph" ? [view] : []));
    expect(named).toEqual(graphs.map(({ lines }) => lines.filter(({ points }) => points.length > 0).length));
  });

  it("tells an outage from calm in the first row", async () => {
    const read = (tone: string) =>
      page.$$eval(`.moment[data-tone="${tone}"]`, ([moment]) => ({
        values: [...(moment?.querySelectorAll(".number .value") ?? [])].map(({ textContent }) => textContent),
        firing: moment?.querySelectorAll('li[data-state="ALARM"]').length,
      }));
    expect(await read("calm")).toEqual({ values: CALM_VALUES.map(String), firing: 0 });
    expect(await read("trouble")).toEqual({ values: TROUBLE_VALUES.map(String), firing: 2 });
    const colors = await page.$$eval(".moment", (moments) =>
      moments.map((moment) => getComputedStyle(moment).backgroundColor),
    );
    expect(new Set(colors).size).toBe(2);
  });

  it("renders what the text widgets say, and the rows of tables", async () => {
    expect(await page.textContent(`${widgets}.text h1`)).toBe("OutboxRelay: is anything wrong?");
    expect(await page.textContent(`${widgets}.table td:nth-child(1)`)).toBe("10:31:20");
    expect(await page.textContent(`${widgets}.table td:nth-child(2)`)).toBe("evt-1");
  });

  it("refreshes by itself", async () => {
    const before = await page.getAttribute("body", "data-refreshes");
    const refreshed = (seen: string | null) => document.body.dataset["refreshes"] !== seen;
    await page.waitForFunction(refreshed, before, { timeout: WAIT_HANGS_AFTER_MS });
  });

  it("has no error and no warning in its console", () => {
    expect(errors).toEqual([]);
  });
});
