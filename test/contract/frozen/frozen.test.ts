import { describe, expect, it } from "vitest";
import { commandLines } from "./commands.ts";
import { jsonLines } from "./json.ts";
import { attributeLines, deadLetterLines, failureLines, metricLines, otherLines } from "./names.ts";
import { outcomeLines } from "./outcomes.ts";

/**
 * What others build on, and a change of the code must not change by accident: one entry a line, sorted.
 *
 * A change that is meant is written by: npx vitest run --project unit test/contract/frozen -u
 * and reviewed as a change of a promise. After a conflict in the file, do the same. What the templates promise stands in
 * frozen-templates.txt, which test/cdk/frozen-templates.test.ts holds; what the package exports, in api/.
 */
describe("what is frozen", () => {
  it("is as frozen.txt says", async () => {
    const lines = [
      ...attributeLines(),
      ...(await commandLines()),
      ...deadLetterLines(),
      ...failureLines(),
      ...(await jsonLines()),
      ...metricLines(),
      ...otherLines(),
      ...(await outcomeLines()),
    ];
    const sorted = [...new Set(lines)].sort();
    await expect(`${sorted.join("\n")}\n`).toMatchFileSnapshot("frozen.txt");
  });
});
