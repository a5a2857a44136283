import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { certificateIn } from "../../test/servers/certificate.ts";
import type { Child } from "../child.ts";
import { relayEnvironment } from "../relay-environment.ts";
import { ratioOf, summaryOf } from "../report/statistics.ts";
import { streamEvent } from "../rows.ts";
import type { Workload } from "../workload.ts";

/** The first read of the files would measure the disk. */
const WARM_UP_ROUNDS = 2;

export const coldFirstCall: Workload = {
  name: "cold-first-call",
  about:
    "From the start of a fresh process until its first call is answered, over TLS: the relay's first invocation, beside a bare https handler.",
  async run(bench) {
    const folder = join(bench.folder, "certificate");
    await mkdir(folder, { recursive: true });
    const { certificateFile, keyFile } = await certificateIn(folder);
    const stub = bench.start(await bench.program("stubs/cold-stub-process.ts"), {
      core: "stub",
      args: [certificateFile, keyFile],
    });
    const { port } = await stub.next<{ readonly port: number }>();
    const { file } = await bench.bundle("relay", "eventbridge");
    const environment = {
      ...relayEnvironment(`https://127.0.0.1:${port}`),
      NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
      OUTBOX_BENCH_BUNDLE: file,
    };
    const programs = {
      relay: await bench.program("contenders/cold-relay.ts"),
      bare: await bench.program("contenders/cold-bare.ts"),
    };

    async function firstCallMs(program: string): Promise<number> {
      const args = [JSON.stringify(streamEvent(1, Date.now()))];
      const startedMs = performance.now();
      const child: Child = bench.start(program, { core: "client", environment, args });
      let answered: { readonly operation: string };
      do answered = await stub.next();
      while (answered.operation !== "PutEvents");
      const ms = performance.now() - startedMs;
      await child.ended();
      return ms;
    }

    const relay: number[] = [];
    const bare: number[] = [];
    for (let round = 1 - WARM_UP_ROUNDS; round <= bench.rounds; round += 1) {
      bench.progress(`Round ${Math.max(0, round)} of ${bench.rounds}`);
      const [relayMs, bareMs] = [await firstCallMs(programs.relay), await firstCallMs(programs.bare)];
      if (round < 1) continue;
      relay.push(relayMs);
      bare.push(bareMs);
    }
    return [
      {
        name: "cold-first-call",
        unit: "ms",
        ours: summaryOf(relay),
        against: { name: "one bare call by node:https", value: summaryOf(bare) },
        ratio: ratioOf(relay, bare),
        goal: { atMost: 1.5 },
        note: "Both count the start of Node and the TLS handshake; the answer comes at once.",
      },
    ];
  },
};
