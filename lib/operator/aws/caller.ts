import { GetCallerIdentityCommand } from "@aws-sdk/client-sts";
import { systemClock } from "../../aws/system.ts";
import type { Clock } from "../../core/ports.ts";
import type { OperatorClients } from "./clients.ts";

/** Who calls, and by how much this machine's clock is off. */
export interface Caller {
  readonly arn: string;
  readonly account: string;
  /** Milliseconds that AWS is ahead of this machine. Below a second or two nobody can tell. */
  readonly clockOffsetMs: number;
}

/** The Date header of an answer has whole seconds, and the answer was under way for a while. */
const CLOCK_NOISE_MS = 2_000;

export async function whoCalls({ sts }: OperatorClients): Promise<Caller> {
  let offsetMs = 0;
  const command = new GetCallerIdentityCommand({});
  command.middlewareStack.add(
    (next) => async (args) => {
      const answer = await next(args);
      const { headers } = (answer.response ?? {}) as { readonly headers?: Readonly<Record<string, string>> };
      const serverMs = Date.parse(headers?.["date"] ?? "");
      if (!Number.isNaN(serverMs)) offsetMs = serverMs - systemClock.now();
      return answer;
    },
    { step: "deserialize", name: "readServerTime", priority: "low" },
  );
  const { Arn: arn = "unknown", Account: account = "unknown" } = await sts.send(command);
  return { arn, account, clockOffsetMs: Math.abs(offsetMs) <= CLOCK_NOISE_MS ? 0 : offsetMs };
}

/** AWS's time: leases, holds and rests are compared with the clocks of functions, not with this machine's. */
export const serverClock = ({ clockOffsetMs }: Caller): Clock => ({
  now: () => systemClock.now() + clockOffsetMs,
  sleep: (ms) => systemClock.sleep(ms),
});
