import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { PRICES } from "../../bench/report/prices.ts";
import type { Result } from "../../bench/report/result.ts";
import { ROOT, readPage } from "./pages.ts";

const MILLION = 1_000_000;
const readme = readPage("README.md");
const tag = readme.slice(readme.indexOf("## What it costs"), readme.indexOf("## Write events"));
/** The dollars of a line, by its first words. */
const dollarsOf = (text: string, first: string): readonly number[] =>
  (text.split("\n").find((line) => line.startsWith(`| ${first}`)) ?? "")
    .split("|")
    .slice(2)
    .flatMap((cell) => /\$([\d.,]+)/.exec(cell)?.[1] ?? [])
    .map(Number);
const cents = (dollars: number) => Number(dollars.toFixed(2));

const { workloads } = JSON.parse(readFileSync(join(ROOT, "docs", "performance.json"), "utf8")) as Result;
const measured = (name: string) =>
  cents(workloads.flatMap(({ rows }) => rows).find((row) => row.name === name)?.ours.median ?? Number.NaN);

describe("README's price tag", () => {
  it("has what an idle relay costs at each level of monitoring, as docs/performance.md adds it up", () => {
    const page = readPage("docs/performance.md");
    const levels = ['`"full"`', '`"alarms"`', '`"none"`'].flatMap((level) => dollarsOf(page, level));
    expect(levels).toHaveLength(3);
    expect(dollarsOf(tag, "idle")).toEqual(levels);
  });

  it("has what a million events cost, as it was measured and at the prices of the bench", () => {
    const twice = (dollars: number) => [cents(dollars), cents(dollars)];
    const write = MILLION * PRICES.dynamodbWriteUnit;
    expect(dollarsOf(tag, "the relay's Lambda")).toEqual([
      measured("cost of carrying at 10 events a second"),
      // A thousand a second are three busy shards.
      measured("cost of carrying, beside a pipe"),
    ]);
    expect(dollarsOf(tag, "deleting the row")).toEqual(twice(write));
    expect(dollarsOf(tag, "putting the row")).toEqual(twice(2 * write));
    expect(dollarsOf(tag, "EventBridge's own price")).toEqual(twice(MILLION * PRICES.eventBridgeEvent));
  });

  it("has the price of checks, a third of the events at 10 a second, where somebody reads them", () => {
    // `npm run bench -- cost` counted one check for each invocation of three events.
    const of = (price: number) => `$${((MILLION / 3) * price).toFixed(2)}`;
    expect(tag).toContain(`they cost ${of(PRICES.guardDutyEvent)} a million events where GuardDuty reads`);
    expect(tag).toContain(`${of(PRICES.secondTrailEvent)} in a second trail`);
  });

  it("adds up", () => {
    const lines = ["the relay's Lambda", "deleting the row", "putting the row", "EventBridge's own price"];
    const sums = [0, 1].map((column) =>
      cents(lines.reduce((sum, line) => sum + (dollarsOf(tag, line)[column] ?? Number.NaN), 0)),
    );
    expect(dollarsOf(tag, "in all")).toEqual(sums);
  });
});
