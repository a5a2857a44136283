import { TARGET_TIMEOUTS } from "../../../aws/aws-clients.ts";
import type { Clock } from "../../../core/ports.ts";
import { within } from "./call-deadline.ts";

/** How a target's connections are made, used and ended. */
export interface Connector<Connection> {
  open(): Promise<Connection>;
  isOpen(connection: Connection): boolean;
  /** Must not throw. */
  close(connection: Connection): void;
}

/**
 * One connection, made when it is first needed and again when it broke:
 *
 *   none -- somebody needs it --> opening --> open -- broken, retired, or unused for a while --> none
 *
 * Lambda freezes a process between invocations, and brokers and NAT gateways drop silent clients. So a connection that
 * rested is not trusted: the next call would wait for an answer that cannot come. Closing a resting connection also
 * lets an idle process end.
 */
export interface KeptConnection<Connection> {
  /** Rejects when the connection cannot be made; the next call tries again. */
  get(): Promise<Connection>;
  /** The connection is handed out no more, and closed when the calls that still use it are over. */
  retire(connection: Connection): void;
}

/**
 * Less than brokers and networks wait for a silent client: RabbitMQ 40 s with the heartbeats asked for here, a NAT
 * gateway 350 s (https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-troubleshooting.html), NATS four minutes.
 */
export const RESTED_AFTER_MS = 30_000;

/** The time to open a connection and to read the secrets that it needs. No call waits longer. */
const OPEN_WITHIN_MS = TARGET_TIMEOUTS.requestMs;

interface Kept<Connection> {
  readonly opening: Promise<Connection>;
  connection?: Connection;
  usedAtMs: number;
}

export function keptConnection<Connection>(
  { open, isOpen, close }: Connector<Connection>,
  clock: Clock,
): KeptConnection<Connection> {
  let current: Kept<Connection> | undefined;
  let resting: NodeJS.Timeout | undefined;

  /** A connection not open by the end of the call that asked for it may never be. If it opens later, it is closed. */
  async function openInTime(): Promise<Connection> {
    const opening = open();
    const time = new AbortController();
    const timer = setTimeout(() => time.abort(new Error("it was not made in time")), OPEN_WITHIN_MS);
    try {
      return await within(time.signal, opening);
    } catch (error) {
      if (time.signal.aborted) opening.then(close, () => undefined);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  function kept(): Kept<Connection> {
    const made: Kept<Connection> = { opening: openInTime(), usedAtMs: clock.now() };
    made.opening.then(
      (connection) => {
        made.connection = connection;
      },
      () => {
        if (current === made) current = undefined;
      },
    );
    return made;
  }

  function retire(connection: Connection): void {
    if (current?.connection !== connection) return;
    current = undefined;
    // No call lasts longer than this.
    setTimeout(() => close(connection), TARGET_TIMEOUTS.requestMs).unref();
  }

  return {
    async get() {
      const { connection, usedAtMs } = current ?? {};
      if (connection !== undefined && usedAtMs !== undefined) {
        if (!isOpen(connection) || clock.now() - usedAtMs > RESTED_AFTER_MS) retire(connection);
      }
      current ??= kept();
      const { opening } = current;
      current.usedAtMs = clock.now();
      clearTimeout(resting);
      resting = setTimeout(() => {
        if (current?.connection === undefined) return;
        close(current.connection);
        current = undefined;
      }, RESTED_AFTER_MS).unref();
      return opening;
    },
    retire,
  };
}
