import type { RequeuerRun } from "./contenders/requeuer.ts";
import { relayEnvironment } from "./relay-environment.ts";
import { type BacklogLeft, type BacklogOptions, LEFT_PATH } from "./stubs/backlog-stub.ts";
import type { Bench } from "./workload.ts";

/** The requeuer's bundle and a stub of a table with a backlog, each on its own core. */
export interface Backlog {
  /** One run of the requeuer. */
  run(): Promise<RequeuerRun>;
  /** The rest of the stub's backlog, and the calls it answered. */
  left(): Promise<BacklogLeft>;
  end(): Promise<void>;
}

export async function startBacklog(bench: Bench, options: BacklogOptions): Promise<Backlog> {
  const stub = bench.start(await bench.program("stubs/backlog-stub-process.ts"), {
    core: "stub",
    args: [JSON.stringify(options)],
  });
  const { port } = await stub.next<{ readonly port: number }>();
  const endpoint = `http://127.0.0.1:${port}`;
  const { file } = await bench.bundle("requeuer", "eventbridge");
  const requeuer = bench.start(await bench.program("contenders/requeuer.ts"), {
    core: "client",
    environment: { ...relayEnvironment(endpoint), OUTBOX_BENCH_BUNDLE: file },
  });
  await requeuer.next();
  return {
    run() {
      requeuer.send({});
      return requeuer.next<RequeuerRun>();
    },
    async left() {
      const answer = await fetch(`${endpoint}${LEFT_PATH}`);
      return (await answer.json()) as BacklogLeft;
    },
    async end() {
      await Promise.all([requeuer.end(), stub.end()]);
    },
  };
}
