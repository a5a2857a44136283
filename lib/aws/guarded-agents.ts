import { type ClientRequestArgs, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import type { Duplex } from "node:stream";

type Made = Duplex | null | undefined;
type Taken = (error: Error | null, socket: Duplex) => void;

export interface GuardedAgents {
  readonly plain: HttpAgent;
  readonly secure: HttpsAgent;
}

export interface AgentLimits {
  /** The most sockets at once, and the most kept for the next calls, per host. */
  readonly maxSockets: number;
  /** PEM certificates to trust instead of the public authorities. */
  readonly ca?: string | undefined;
}

/**
 * Node's agents, whose sockets have a listener for errors as long as they live.
 *
 * Node itself listens while a call has the socket, and while the socket waits for the next call. In between nobody
 * listens. A server that answers before it has read the call, and closes, makes the write under way fail; no call hears
 * of that error any more, and it ends the process.
 */
export function guardedAgents({ maxSockets, ca }: AgentLimits): GuardedAgents {
  const limits = { keepAlive: true, maxSockets, maxFreeSockets: maxSockets };
  return {
    plain: new GuardedHttpAgent(limits),
    secure: new GuardedHttpsAgent({ ...limits, ...(ca === undefined ? {} : { ca }) }),
  };
}

class GuardedHttpAgent extends HttpAgent {
  override createConnection(options: ClientRequestArgs, taken?: Taken): Made {
    return guarded(super.createConnection(options, taken));
  }
}

class GuardedHttpsAgent extends HttpsAgent {
  override createConnection(options: RequestOptions, taken?: Taken): Made {
    return guarded(super.createConnection(options, taken));
  }
}

/** The call that met the error, if there is one, hears of it by its own listener. */
function guarded(socket: Made): Made {
  return socket?.on("error", () => undefined);
}
