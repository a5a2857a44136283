import { HOUR_MS } from "../../../lib/contract/archive/archive-gap.ts";
import { streamedFindings } from "../../../lib/operator/cli/audit/streamed-findings.ts";
import { VERDICT_WORDS } from "../../../lib/operator/cli/texts/audit-texts.ts";
import { audit } from "../../../lib/operator/core/audit/audit.ts";
import { AuditWorld, MINUTE_MS, NOON_MS } from "../../operator/core/audit/audit-world.ts";
import { shapeOf } from "./shape.ts";

/** What an audit prints with `--json`, of a world in which each thing has befallen an event, and its words. */
export async function auditLines(): Promise<readonly string[]> {
  const world = new AuditWorld();
  const atMs = NOON_MS + 10 * MINUTE_MS;
  const nameless = { pk: "k", sk: "7" };
  for (const event of [...["waits", "aside", "removed", "replaced"].map((id) => ({ id })), nameless]) {
    world.write(world.met(event, atMs));
  }
  for (const sk of ["1", "3"]) world.write(world.met({ id: `k/${sk}`, pk: "k", sk }, atMs));
  world.put({ id: "waits" }, { _attempts: { N: "1" }, _reason: { S: "permanent: Bad: no" }, _notBefore: { N: "1" } });
  world.setAside({ id: "aside" });
  world.put({ id: "other", pk: "replaced" });
  world.put({ ...nameless, id: "repaired" });
  world.corrupt(NOON_MS - 30 * MINUTE_MS, 2);
  world.corrupt(NOON_MS - 30 * MINUTE_MS);
  world.gaps.add(NOON_MS - HOUR_MS);
  world.kept = { kind: "days", days: 1 };
  const texts: string[] = [];
  const findings = streamedFindings((text) => texts.push(text), NOON_MS);
  const window = { fromMs: NOON_MS, toMs: NOON_MS + HOUR_MS };
  const request = { window, isCut: false, gapless: true, keepsOrder: true, onProgress: () => undefined };
  findings.end(await audit(world.ports(), request, findings), "archive");
  return [
    ...shapeOf(JSON.parse(texts.join(""))).map((path) => `json audit ${path}`),
    ...Object.values(VERDICT_WORDS).map((words) => `state of an audited event: ${words}`),
  ];
}
