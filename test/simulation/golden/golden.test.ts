import { expect, it } from "vitest";
import { Stage } from "./stage.ts";
import { STORIES } from "./stories.ts";

/**
 * What the protocol does, step by step, for a reader: each request, its answer indented below it, and what is counted and logged.
 *
 * A change that is meant is written by: npx vitest run --project unit test/simulation/golden -u
 * and reviewed like code: a call more, a call less, another order, each is a change of the protocol.
 */
it.each(STORIES)("$name goes as written down", async (story) => {
  const stage = new Stage(story);
  await story.play(stage);
  stage.end();
  expect(stage.ledger.violations).toEqual([]);
  await expect(`${stage.lines.join("\n").trimStart()}\n`).toMatchFileSnapshot(
    `traces/${story.name.replaceAll(" ", "-")}.txt`,
  );
});
