import { floorWorkload } from "./floor-workload.ts";
import { orderedWorkload } from "./ordered-workload.ts";
import { relayWorkloads } from "./relay-workload.ts";
import { sequentialWorkload } from "./sequential-workload.ts";
import { STATISTICS_PATH, type StubStatistics } from "./stub-server.ts";
import type { ClientMessage, ClientOptions, RoundResult, Workload, WorkloadName } from "./workload.ts";

/** The measured process. It runs every workload in every round, in turn, so that all of them meet the same machine. */
const { endpoint, bundle, orderedBundle, rounds, warmUpRounds } = JSON.parse(process.argv[2] ?? "{}") as ClientOptions;

process.on("disconnect", () => process.exit(1));
const told = (message: ClientMessage) => new Promise<void>((resolve) => process.send?.(message, () => resolve()));
const stubStatistics = async () => (await (await fetch(`${endpoint}${STATISTICS_PATH}`)).json()) as StubStatistics;
/** How much of a workload a warm-up round runs, where all of it would take seconds. */
const WARM_UP_EVENTS: Partial<Record<WorkloadName, number>> = { sequential: 20, "relay-ordered": 200 };

async function runRound(workload: Workload, events: number): Promise<RoundResult> {
  const run = await workload.prepare(events);
  const stubBefore = await stubStatistics();
  const cpuBefore = process.cpuUsage();
  const startedMs = performance.now();
  await run();
  const ms = performance.now() - startedMs;
  const { user, system } = process.cpuUsage(cpuBefore);
  const stub = await stubStatistics();
  const published = stub.published - stubBefore.published;
  const deleted = stub.deleted - stubBefore.deleted;
  if (published !== events || deleted !== events) {
    throw new Error(`${workload.name} published ${published} and deleted ${deleted} of ${events} events`);
  }
  await workload.check?.();
  return {
    workload: workload.name,
    events,
    ms,
    cpuMs: (user + system) / 1_000,
    stubBusy: (stub.cpuMs - stubBefore.cpuMs) / ms,
  };
}

const workloads = [
  floorWorkload(endpoint),
  ...(await relayWorkloads(bundle)),
  await orderedWorkload(orderedBundle, endpoint),
  sequentialWorkload(),
];
for (let round = 1; round <= warmUpRounds; round += 1) {
  await told({ kind: "warming-up", round });
  for (const workload of workloads) await runRound(workload, WARM_UP_EVENTS[workload.name] ?? workload.events);
}
for (let round = 1; round <= rounds; round += 1) {
  // Each round begins with another workload, so that none always runs in the wake of the same one.
  const first = round % workloads.length;
  const results: RoundResult[] = [];
  for (const workload of [...workloads.slice(first), ...workloads.slice(0, first)]) {
    results.push(await runRound(workload, workload.events));
  }
  await told({ kind: "round", round, results });
}
process.exit(0);
