import { type AuditFindings, type AuditRequest, audit } from "../../core/audit/audit.ts";
import type { AuditReport } from "../../core/audit/audit-report.ts";
import type { CommandPorts, Journal, OperatorTable } from "../../core/operator-ports.ts";
import type { OperatorClients } from "../clients.ts";
import type { Deployment } from "../deployment.ts";
import { OperatorError } from "../operator-error.ts";
import { dynamoArchiveGaps } from "./archive-gaps.ts";
import { s3ArchiveReader } from "./archive-reader.ts";
import { withSpillFile } from "./spill-file.ts";

export interface AuditedDeployment extends CommandPorts {
  readonly clients: Pick<OperatorClients, "dynamodb" | "s3">;
  readonly deployment: Pick<Deployment, "archiveBucketName" | "journalTableName" | "relayName">;
  readonly table: OperatorTable;
  readonly journal: Journal;
}

/** What each command lacks without an archive, what gives it one, and of which time it works then. */
const NEEDS = {
  audit: {
    lacks: "nothing tells what became of its events",
    give: "archive: true",
    outcome: "An audit tells of the time from then on.",
  },
  replay: {
    lacks: "there is nothing to put again",
    give: "archive: { payload: true }",
    outcome: "What is acknowledged from then on can be replayed.",
  },
} as const;

/**
 * The bucket of a relay's archive.
 *
 * @throws OperatorError where the relay has none.
 */
export function archiveBucketOf(
  { archiveBucketName }: AuditedDeployment["deployment"],
  command: keyof typeof NEEDS,
): string {
  if (archiveBucketName !== undefined) return archiveBucketName;
  const { lacks, give, outcome } = NEEDS[command];
  throw new OperatorError(
    "not-found",
    `This relay keeps no archive, so ${lacks}: give it \`${give}\`, as a prop of OutboxRelay or in cdk.json, and deploy. ` +
      `${outcome} A stack of your own calls OutboxRelay.addOutputs(), by which the bucket is found.`,
  );
}

/** Audits a deployed relay by its archive, its table and its journal. */
export async function auditDeployment(
  { clients, deployment, table, journal, clock, stopped }: AuditedDeployment,
  request: AuditRequest,
  found: AuditFindings,
): Promise<AuditReport> {
  const bucket = archiveBucketOf(deployment, "audit");
  const { relayName, journalTableName } = deployment;
  const archive = s3ArchiveReader({ s3: await clients.s3(), bucket, relayName, stopped });
  const gaps = dynamoArchiveGaps(clients.dynamodb, journalTableName);
  return withSpillFile((spill) => audit({ archive, gaps, table, journal, spill, clock, stopped }, request, found));
}
