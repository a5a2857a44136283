import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../lib/cdk/functions/bundles.ts";
import { PRICES } from "../../lib/cdk/monitoring/dashboard/cost-row.ts";

const PAGE = readFileSync(join(PACKAGE_ROOT, "docs", "duplicates.md"), "utf8");
/** An inbox with a lease: a row that is taken, then marked. A duplicate is one write that its condition refuses. */
const WRITES_AN_EVENT = 2;
const dollars = (value: number) =>
  value < 0.01 ? `$${value.toFixed(4)}` : `$${value < 1 ? Number(value.toFixed(3)) : withCommas(value)}`;
const withCommas = (value: number) =>
  value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

test.each([100_000, 10_000_000, 1_000_000_000])("docs/duplicates.md counts a day of %d events right", (events) => {
  const counts = [0.0001, 0.001, 0.005].map((rate) => (events * rate).toLocaleString("en-US"));
  const inbox = dollars(events * WRITES_AN_EVENT * PRICES.writeUnit);
  const repeated = dollars(events * 0.005 * (PRICES.writeUnit + PRICES.invocation));
  expect(PAGE).toContain(`| ${[events.toLocaleString("en-US"), ...counts, inbox, repeated].join(" | ")} |`);
});
