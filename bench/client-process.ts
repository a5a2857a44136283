import { floorWorkload } from "./floor-workload.ts";
import { relayWorkloads } from "./relay-workload.ts";
import { sequentialWorkload } from "./sequential-workload.ts";
import { STATISTICS_PATH, type StubStatistics } from "./stub-server.ts";
import type { ClientMessage, ClientOptions, RoundResult, Workload } from "./workload.ts";

/** The measured process. It runs every workload in every round, in turn, so that all of them meet the same machine. */
const { endpoint, bundle, rounds, warmUpRounds } = JSON.parse(process.argv[2] ?? "{}") as ClientOptions;

process.on("disconnect", () => process.exit(1));
const told = (message: ClientMessage) => new Promise<void>((resolve) => process.send?.(message, () => resolve()));
const stubStatistics = async () => (await (await fetch(`${endpoint}${STATISTICS_PATH}`)).json()) as StubStatistics;
/** How much of each workload a warm-up round runs: the sequential one is warm after a few. */
const warmUpEvents = ({ name, events }: Workload) => (name === "sequential" ? 20 : events);

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
  return {
    workload: workload.name,
    events,
    ms,
    cpuMs: (user + system) / 1_000,
    stubBusy: (stub.cpuMs - stubBefore.cpuMs) / ms,
  };
}

const workloads = [floorWorkload(endpoint), ...(await relayWorkloads(bundle)), sequentialWorkload()];
for (let round = 1; round <= warmUpRounds; round += 1) {
  await told({ kind: "warming-up", round });
  for (const workload of workloads) await runRound(workload, warmUpEvents(workload));
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
