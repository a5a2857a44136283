import type { Archive, DeadLetterQueue, KeyTable, OutboxTable, Publisher } from "../../../lib/core/ports.ts";
import type { StreamRecord } from "../../../lib/core/stream-record.ts";

/** All that a process asks of the services. */
export type Operations = OutboxTable & KeyTable & DeadLetterQueue & Pick<Publisher, "publish"> & Archive;
export type Operation = keyof Operations;

type Asked<Name extends Operation> = Parameters<Operations[Name]>;
type Answer<Name extends Operation> = Awaited<ReturnType<Operations[Name]>>;

/** Watches one process from outside: what it asks, what it learns, and what it tells. Each handler is called at that moment. */
export interface Checker {
  /** A request leaves the process. */
  readonly asked?: { readonly [Name in Operation]?: (...asked: Asked<Name>) => void };
  /** The process learns the answer. */
  readonly learnt?: { readonly [Name in Operation]?: (answer: Answer<Name>, ...asked: Asked<Name>) => void };
  /** The process learns that the service refused. */
  readonly refused?: { readonly [Name in Operation]?: (...asked: Asked<Name>) => void };
  /** A metric is counted. */
  readonly told?: (metric: string, by: number) => void;
  /** An invocation begins with these records, or a run with none. */
  readonly begun?: (records: readonly StreamRecord[]) => void;
  readonly ended?: () => void;
}

/** The same port, watched by the checkers. */
export function watched<Port extends Partial<Operations>>(
  port: Port,
  names: readonly (keyof Port & Operation)[],
  checkers: readonly Checker[],
): Port {
  const watching = Object.fromEntries(names.map((name) => [name, watchedOperation(name, port[name], checkers)]));
  return { ...port, ...watching };
}

type Handlers = Readonly<Record<string, ((...told: readonly unknown[]) => void) | undefined>> | undefined;

function watchedOperation(name: Operation, operation: unknown, checkers: readonly Checker[]) {
  const handlersOf = (all: readonly unknown[]) =>
    (all as readonly Handlers[]).flatMap((handlers) => handlers?.[name] ?? []);
  const asked = handlersOf(checkers.map((checker) => checker.asked));
  const learnt = handlersOf(checkers.map((checker) => checker.learnt));
  const refused = handlersOf(checkers.map((checker) => checker.refused));
  const perform = operation as (...all: readonly unknown[]) => Promise<unknown>;
  return async (...all: readonly unknown[]) => {
    for (const tell of asked) tell(...all);
    let answer: unknown;
    try {
      answer = await perform(...all);
    } catch (error) {
      for (const tell of refused) tell(...all);
      throw error;
    }
    for (const tell of learnt) tell(answer, ...all);
    return answer;
  };
}

export const TABLE_OPERATIONS = [
  ...["deleteRows", "readRows", "mark", "markSeen", "scan", "count", "acquireLease", "releaseLease"],
] as readonly (keyof OutboxTable)[];
export const KEY_OPERATIONS = [
  ...["read", "highest", "readParkedKey", "touch", "park", "acquire", "release", "close", "presence"],
] as readonly (keyof KeyTable)[];
export const ARCHIVE_OPERATIONS = ["write", "noteMissing"] as const;
export const QUEUE_OPERATIONS = ["send", "receive", "delete", "hide", "depth"] as const;
