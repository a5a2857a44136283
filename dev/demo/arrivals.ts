/** One event's arrivals at the subscriber. */
export interface Arrival {
  readonly eventId: string;
  /** Epoch milliseconds: when the first copy came. */
  readonly firstAtMs: number;
  /** The number of copies. */
  readonly copies: number;
  /** From the row's `recordedtime` to the first copy; undefined if the event has no such time. */
  readonly latencyMs: number | undefined;
  /** The CloudEvent of the first copy. */
  readonly event: Readonly<Record<string, unknown>>;
}

/** Every event that arrived, by id. Two messages with the same event are two copies; one message read twice is one copy. */
export class Arrivals {
  readonly #byId = new Map<string, Arrival>();
  readonly #messages = new Set<string>();

  get byId(): ReadonlyMap<string, Arrival> {
    return this.#byId;
  }

  /** Copies beyond the first of each event. */
  get extraCopies(): number {
    let extra = 0;
    for (const { copies } of this.#byId.values()) {
      extra += copies - 1;
    }
    return extra;
  }

  /**
   * Records a message of the subscriber's queue.
   *
   * @returns the arrival, or undefined for a message that was recorded before or holds no CloudEvent.
   */
  note(message: { readonly messageId: string; readonly body: string; readonly sentAtMs: number }): Arrival | undefined {
    if (this.#messages.has(message.messageId)) {
      return undefined;
    }
    this.#messages.add(message.messageId);
    const event = cloudEventIn(message.body);
    if (event === undefined) {
      return undefined;
    }
    const before = this.#byId.get(event.id);
    const arrival: Arrival =
      before === undefined
        ? {
            eventId: event.id,
            firstAtMs: message.sentAtMs,
            copies: 1,
            latencyMs: latencyOf(event.fields["recordedtime"], message.sentAtMs),
            event: event.fields,
          }
        : { ...before, copies: before.copies + 1 };
    this.#byId.set(event.id, arrival);
    return arrival;
  }
}

/** EventBridge puts the CloudEvent into the `detail` of its own envelope. */
function cloudEventIn(body: string): { readonly id: string; readonly fields: Record<string, unknown> } | undefined {
  const envelope = JSON.parse(body) as unknown;
  const detail = isRecord(envelope) ? envelope["detail"] : undefined;
  if (!isRecord(detail) || typeof detail["id"] !== "string") {
    return undefined;
  }
  return { id: detail["id"], fields: detail };
}

function latencyOf(recordedTime: unknown, arrivedAtMs: number): number | undefined {
  const recordedAtMs = typeof recordedTime === "string" ? Date.parse(recordedTime) : Number.NaN;
  return Number.isNaN(recordedAtMs) ? undefined : Math.max(0, arrivedAtMs - recordedAtMs);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
