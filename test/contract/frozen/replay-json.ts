import { HOUR_MS } from "../../../lib/contract/archive/archive-gap.ts";
import { surveyDocument } from "../../../lib/operator/cli/replay/tell-survey.ts";
import { NOON_MS, ReplayWorld, WHOLE } from "../../operator/core/replay/replay-world.ts";
import { shapeOf } from "./shape.ts";

/** What a replay prints with `--json` before it is done. */
export async function replayLines(): Promise<readonly string[]> {
  const world = new ReplayWorld();
  world.ordered("k", 1);
  world.gaps.add(NOON_MS);
  const { gathered, survey } = await world.run();
  const written = { objectKey: "o", line: 1, why: "it is not JSON", writtenAtMs: NOON_MS };
  const found = {
    ...gathered,
    unreadable: [written],
    kept: { kind: "days", days: 1 },
    expiredUntilMs: NOON_MS + HOUR_MS,
  } as const;
  const surveyed = { request: WHOLE, gathered: found, survey, isCut: false, bucket: "archive", kind: "sqs" };
  const document = surveyDocument({ ...surveyed, eventsPerSecond: 100, nowMs: NOON_MS });
  return shapeOf(JSON.parse(JSON.stringify(document))).map((path) => `json replay --dry-run ${path}`);
}
