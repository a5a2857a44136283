import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LOOPBACK } from "../../contract/deployment/loopback.ts";
import { objectionTo } from "../emulator/emulator-health.ts";
import { readBody } from "../faults/http-messages.ts";
import {
  FAULT_NAMES,
  FAULT_TEXTS,
  FAULTY_SERVICES,
  type FaultName,
  type FaultyService,
} from "../faults/named-faults.ts";
import { LocalRunError } from "../local-run-error.ts";

/** Names the address at which a running `outbox-relay local` takes faults. */
export const CONTROL_VARIABLE = "OUTBOX_RELAY_LOCAL";
const PATH = "/fault";
const ANSWER_WITHIN_MS = 10_000;

export interface NamedFault {
  readonly fault: FaultName;
  readonly service: FaultyService;
}

export const fromNowOn = ({ fault, service }: NamedFault): string => `${service} ${FAULT_TEXTS[fault]} from now on`;

export interface FaultControl {
  /** The value of {@link CONTROL_VARIABLE}. */
  readonly address: string;
  close(): Promise<void>;
}

/**
 * Takes faults from other processes of this machine. `set` resolves once the fault is in force.
 *
 * @throws if it cannot listen on the loopback.
 */
export async function serveFaults(set: (given: NamedFault) => Promise<void>): Promise<FaultControl> {
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const given = request.method === "PUT" && request.url === PATH ? readFault(await readBody(request)) : undefined;
    if (given === undefined) {
      response.writeHead(400).end();
      return;
    }
    await set(given);
    response.writeHead(204).end();
  };
  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) =>
      response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, LOOPBACK, resolve);
  });
  return {
    address: `http://${LOOPBACK}:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readFault(body: Buffer): NamedFault | undefined {
  try {
    const { fault, service } = JSON.parse(body.toString("utf8")) as Record<string, unknown>;
    const [name] = FAULT_NAMES.filter((each) => each === fault);
    const [target] = FAULTY_SERVICES.filter((each) => each === service);
    return name === undefined || target === undefined ? undefined : { fault: name, service: target };
  } catch {
    // Not JSON, so not from this command: it is answered with 400.
    return undefined;
  }
}

/**
 * Plays a fault on the run whose address the environment names. Resolves once it is in force.
 *
 * @throws LocalRunError if no run is named, none answers, or it cannot play the fault.
 */
export async function setRunningFault(given: NamedFault, environment: NodeJS.ProcessEnv): Promise<void> {
  const address = environment[CONTROL_VARIABLE] ?? "";
  const fix = "start `npx outbox-relay local` in another terminal, and paste the line that it prints here";
  if (address === "") {
    throw new LocalRunError(`${CONTROL_VARIABLE} is not set, so no local run is known: ${fix}.`);
  }
  const refusal = (reason: string) => new LocalRunError(`${CONTROL_VARIABLE} is ${address}: ${reason}; ${fix}.`);
  const objection = objectionTo(address);
  if (objection !== undefined) throw refusal(objection);
  const response = await fetch(new URL(PATH, address), {
    method: "PUT",
    body: JSON.stringify(given),
    signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
  }).catch(() => {
    throw refusal("nobody answers there");
  });
  if (response.status === 500)
    throw new LocalRunError(`The local run could not play the fault: ${await response.text()}.`);
  if (response.status !== 204) throw refusal(`what answers there is no local run (${response.status})`);
}
