import type { MemoryOrder, MemoryUsed } from "../contenders/memory.ts";
import { relayEnvironment } from "../relay-environment.ts";
import { summaryOf } from "../report/statistics.ts";
import type { Bench, Row, Workload } from "../workload.ts";

/** The construct's default. */
const CONFIGURED_MB = 1024;
const BATCHES = 20;
/** Old enough that each row is read again before it is published, and so is held twice. */
const AGE_MS = 60_000;
/** The part of DynamoDB's 400 KB that the other attributes leave. */
const LARGEST_DATA_BYTES = 400 * 1024 - 512;

export const memory: Workload = {
  name: "memory",
  about:
    "The most memory that the relay's process holds, beside what is configured: many small records, and the largest items.",
  async run(bench) {
    return [
      await rowOf(bench, "memory, 10,000-record batches", { records: 10_000, dataBytes: 16 }),
      await rowOf(bench, "memory, 400 KB items", { records: 100, dataBytes: LARGEST_DATA_BYTES }),
    ];
  },
};

async function rowOf(bench: Bench, name: string, batch: Pick<MemoryOrder, "records" | "dataBytes">): Promise<Row> {
  bench.progress(name);
  const backlog = {
    rows: batch.records,
    ageMs: AGE_MS,
    deadLetters: false,
    dataBytes: batch.dataBytes,
    keepsRows: true,
  };
  const stub = bench.start(await bench.program("stubs/backlog-stub-process.ts"), {
    core: "stub",
    args: [JSON.stringify(backlog)],
  });
  const { port } = await stub.next<{ readonly port: number }>();
  const { file } = await bench.bundle("relay", "eventbridge");
  const relay = bench.start(await bench.program("contenders/memory.ts"), {
    core: "client",
    environment: {
      ...relayEnvironment(`http://127.0.0.1:${port}`, { memoryMb: CONFIGURED_MB }),
      OUTBOX_BENCH_BUNDLE: file,
    },
    // Lambda's runtime gives the old generation nine tenths of the memory.
    nodeOptions: [`--max-old-space-size=${Math.floor(CONFIGURED_MB * 0.9)}`],
  });
  await relay.next();
  relay.send({ ...batch, ageMs: AGE_MS, batches: BATCHES } satisfies MemoryOrder);
  const { records, peakRssMb, peakHeapMb } = await relay.next<MemoryUsed>();
  await Promise.all([relay.end(), stub.end()]);
  return {
    name,
    unit: "MB",
    ours: summaryOf([peakRssMb]),
    against: { name: "what is configured", value: summaryOf([CONFIGURED_MB]) },
    ratio: summaryOf([peakRssMb / CONFIGURED_MB]),
    goal: { atMost: 0.5 },
    note: `Resident memory at its highest in ${BATCHES} batches of ${records.toLocaleString("en-US")} records, as many as the 6 MB of an invocation hold; heap ${Math.round(peakHeapMb)} MB.`,
  };
}
