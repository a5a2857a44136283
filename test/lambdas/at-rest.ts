import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { setImmediate as afterEvents } from "node:timers/promises";
import { onTestFinished } from "vitest";

export const INVOCATIONS = 20;
/** By the end of this invocation each client has been used, and has used a connection again. */
const WARM = 2;
const QUARTER = INVOCATIONS / 4;

type Counts = Readonly<Record<string, number>>;

/** What a process holds between two invocations. Node tells it; nothing is asked of the code. */
interface AtRest {
  readonly sockets: number;
  /** By event. */
  readonly processListeners: Counts;
  /** By event, of the socket that has most. */
  readonly socketListeners: Counts;
  /** What keeps the process alive, by kind, but for sockets: those of the servers are among them. */
  readonly resources: Counts;
}

/** Makes invocations of a process. Resolves with a line for each thing of which it holds more and more. */
export async function heldMoreAndMore(invoke: () => Promise<unknown>): Promise<readonly string[]> {
  const sockets = clientSockets();
  const rests: AtRest[] = [];
  for (let invocation = 0; invocation < INVOCATIONS; invocation += 1) {
    await invoke();
    // The last answer's connection goes back into its pool.
    await afterEvents();
    const open = [...sockets].filter(({ destroyed }) => !destroyed);
    rests.push({
      sockets: open.length,
      processListeners: listenersOf(process),
      socketListeners: each(open.map(listenersOf), Math.max),
      resources: tally(process.getActiveResourcesInfo().filter((kind) => kind !== "TCPSocketWrap")),
    });
  }
  const warm = rests[WARM - 1];
  const last = rests.at(-1);
  const first = rests.slice(0, QUARTER);
  const final = rests.slice(-QUARTER);
  // Pools fill up to what the work needs at once, and break. A socket that leaked in each invocation would be one more after
  // each: 15 from the first quarter to the last.
  const fewest = (some: readonly AtRest[]) => Math.min(...some.map(({ sockets: count }) => count));
  const grown = fewest(final) - fewest(first);
  return [
    ...(grown > INVOCATIONS / 2 ? [`sockets: ${fewest(first)}, then ${fewest(final)}`] : []),
    ...more("listeners of the process", warm?.processListeners, last?.processListeners),
    ...more("listeners of a socket", warm?.socketListeners, last?.socketListeners),
    // A timer of the last call may just have gone off, or not.
    ...more(
      "alive",
      each(
        first.map(({ resources }) => resources),
        Math.max,
      ),
      each(
        final.map(({ resources }) => resources),
        Math.min,
      ),
    ),
  ];
}

/** The sockets that the process opens until the test is over: those of servers are not among them. */
function clientSockets(): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  const add = (message: unknown) => {
    const { socket } = message as { readonly socket: Socket };
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  };
  subscribe("net.client.socket", add);
  onTestFinished(() => void unsubscribe("net.client.socket", add));
  return sockets;
}

const listenersOf = (emitter: EventEmitter): Counts =>
  Object.fromEntries(emitter.eventNames().map((event) => [String(event), emitter.listenerCount(event)]));

function tally(names: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

/** One number for each name. A name that is missing counts as 0. */
function each(counts: readonly Counts[], choose: (...numbers: number[]) => number): Counts {
  const names = new Set(counts.flatMap(Object.keys));
  return Object.fromEntries([...names].map((name) => [name, choose(...counts.map((one) => one[name] ?? 0))]));
}

const more = (what: string, early: Counts = {}, late: Counts = {}): readonly string[] =>
  Object.entries(late).flatMap(([name, count]) =>
    count > (early[name] ?? 0) ? [`${what}, ${name}: ${early[name] ?? 0}, then ${count}`] : [],
  );
