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
  /** Sockets at once, and as many kept for the next calls, per host. */
  readonly maxSockets: number;
  /** Certificates in PEM to trust instead of the public authorities' ones. */
  readonly ca?: string | undefined;
}

/**
 * Node's agents, whose sockets have a listener for errors as long as they live.
 *
 * Node itself listens while a call has the socket, and while the socket waits for the next call. In between nobody does: a
 * server that answers before it has read the call, and closes, fails the write that is still under way, and that error,
 * which no call hears of any more, ends the process.
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

/** The call that the error befell, if there is one, hears of it by its own listener. */
function guarded(socket: Made): Made {
  return socket?.on("error", () => undefined);
}
