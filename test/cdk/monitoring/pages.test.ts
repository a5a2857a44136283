import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PACKAGE_ROOT } from "../../../lib/cdk/functions/bundles.ts";
import type { Template } from "../../../lib/cloudwatch/template.ts";
import { synthesize } from "../fixtures.ts";
import { Day, type Notifications, type Story } from "./days/day.ts";
import { type Days, tableIn, tableOf, withTable } from "./days/page-table.ts";
import { STORIES } from "./days/stories.ts";

const PAGE = join(PACKAGE_ROOT, "docs", "operations.md");
const WRITE = "WRITE_PAGES";
const templateOf = ({ requeueEverySeconds, isArchived = false }: Story) =>
  synthesize({
    ...(requeueEverySeconds === undefined ? {} : { requeueEverySeconds }),
    ...(isArchived ? { archive: true } : {}),
  }).toJSON() as Template;
const played = new Map<string, ReadonlyMap<string, Notifications>>();

describe("the alarms, through a day,", () => {
  test.each(STORIES)("tell once, and once that it is over: $name", async (story) => {
    const told = await new Day(story, templateOf(story)).play();
    played.set(story.name, told);
    const firing = [...told].filter(([, { alarm }]) => alarm > 0).map(([name]) => name);
    expect(firing.toSorted()).toEqual([...story.fires].toSorted());
    // CloudWatch tells that a new alarm is OK, as it does for any alarm that becomes OK.
    const isNew = story.firstRunAt !== undefined;
    const tooOften = [...told].filter(([, { alarm, ok }]) => alarm > 1 || ok > Math.max(alarm, isNew ? 1 : 0));
    expect(tooOften).toEqual([]);
  });

  test("are in docs/operations.md as they were played", () => {
    const days: Days = new Map(STORIES.map(({ name }) => [name, played.get(name) ?? new Map()]));
    const page = readFileSync(PAGE, "utf8");
    if (process.env[WRITE] !== undefined) writeFileSync(PAGE, withTable(page, tableOf(days)));
    expect(tableIn(readFileSync(PAGE, "utf8")), "npm run docs:pages writes the table").toBe(tableOf(days));
  });
});
