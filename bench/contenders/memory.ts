import { handled, importHandler } from "../relay-handler.ts";
import { streamEventOf } from "../rows.ts";
import { largeRow } from "../stubs/backlog-stub.ts";

export interface MemoryOrder {
  /** Records of a batch; fewer if they would not fit Lambda's payload. */
  readonly records: number;
  readonly dataBytes: number;
  readonly ageMs: number;
  readonly batches: number;
}

export interface MemoryUsed {
  readonly records: number;
  /** The peak memory of the process, in megabytes: code, heap and buffers. */
  readonly peakRssMb: number;
  readonly peakHeapMb: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_BYTES = 6 * 1024 * 1024;
const BYTES_A_MB = 1024 * 1024;
const SAMPLE_EVERY_MS = 5;

const handler = await importHandler(process.env["OUTBOX_BENCH_BUNDLE"] ?? "");

/** The JSON of a batch as Lambda passes it to the runtime: as many records as the payload holds. */
function payload({ records, dataBytes, ageMs }: MemoryOrder) {
  const writtenAtMs = Date.now() - ageMs;
  const one = JSON.stringify(streamEventOf([largeRow(writtenAtMs, dataBytes)], writtenAtMs)).length;
  const count = Math.min(records, Math.floor(PAYLOAD_BYTES / one));
  const rows = Array.from({ length: count }, (_unused, place) => largeRow(writtenAtMs, dataBytes, place));
  return { count, text: Buffer.from(JSON.stringify(streamEventOf(rows, writtenAtMs))) };
}

process.on("disconnect", () => process.exit(1));
process.on("message", (order: MemoryOrder) => {
  void (async () => {
    const { count, text } = payload(order);
    let peakHeap = 0;
    const sampling = setInterval(() => {
      peakHeap = Math.max(peakHeap, process.memoryUsage().heapUsed);
    }, SAMPLE_EVERY_MS);
    for (let batch = 0; batch < order.batches; batch += 1) await handled(handler, JSON.parse(text.toString()))();
    clearInterval(sampling);
    const used: MemoryUsed = {
      records: count,
      // Linux reports it in kilobytes.
      peakRssMb: process.resourceUsage().maxRSS / 1024,
      peakHeapMb: peakHeap / BYTES_A_MB,
    };
    process.send?.(used);
  })();
});
process.send?.({ ready: true });
