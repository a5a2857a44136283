import { randomUUID } from "node:crypto";
import { encodeItem, type NewEvent } from "../../../contract/codec/encode-row.ts";
import { type EventTypes, isOwn } from "../../../contract/settings/event-types.ts";
import { OperatorError } from "../../aws/operator-error.ts";
import { putNewItem } from "../../aws/put-new-item.ts";
import { openTail } from "../../aws/stream-tail.ts";
import { outcomeCounts, recorded } from "../../core/act.ts";
import { type EventChange, eventChanges } from "../../core/events/event-change.ts";
import { typesText } from "../event-text.ts";
import { EXIT } from "../exit-code.ts";
import { cut, plain } from "../output.ts";
import type { Session } from "../session.ts";
import { PUT_TEXTS, type PutOutcome, tallyOf } from "../texts/outcome-texts.ts";
import { spanOf } from "../times.ts";
import { newAct } from "./new-act.ts";
import { crowdText } from "./tail.ts";

export interface PutOptions {
  readonly type: string;
  readonly source: string;
  readonly key?: string | undefined;
  readonly sequence?: number | undefined;
  readonly timeoutMs: number;
}

export const DEFAULT_TEST_TYPE = "outbox-relay.test";
export const DEFAULT_TEST_SOURCE = "/outbox-relay/put";

interface Hop {
  readonly hop: string;
  /** From the moment the write began. */
  readonly afterMs: number;
  readonly why?: string;
}

const CHECK_EVERY_MS = 100;

/**
 * Writes one event and follows it until the target has it. Shows the time of each hop, by this machine's view. While the
 * target fails it follows until the timeout, and the event stays, as any other does.
 */
export async function put(session: Session, options: PutOptions): Promise<number> {
  const { clock, deployment, output, stopped } = session;
  const event = testEvent(options, clock.now());
  refuseOthers(event, deployment.settings.eventTypes);
  const { stream, readers } = await openTail(session);
  const crowd = crowdText(readers);
  if (crowd !== undefined) session.output.warn(crowd);
  const act = newAct(session, { name: "put", what: `event ${event.id} of type ${event.type}`, events: 1 });
  const hops: Hop[] = [];
  let delivered = false;
  const outcomes = outcomeCounts<PutOutcome>();
  const follow = async () => {
    const begunMs = clock.now();
    const note = (hop: string, why?: string) => {
      hops.push({ hop, afterMs: clock.now() - begunMs, ...(why === undefined ? {} : { why }) });
      output.line(hopLine(hops.at(-1)));
    };
    await putNewItem(session.clients, deployment.tableName, encodeItem(event));
    note(`written to ${deployment.tableName}`);
    const read = eventChanges();
    while (!delivered && !stopped() && clock.now() - begunMs < options.timeoutMs) {
      for (const change of await stream.next()) {
        const eventChange = read(change);
        if (eventChange === undefined || !isOf(eventChange, event)) continue;
        note(HOPS[eventChange.what], eventChange.why);
        delivered ||= eventChange.what === "delivered" || eventChange.what === "requeued";
      }
      await clock.sleep(CHECK_EVERY_MS);
    }
    outcomes.add(delivered ? "delivered" : "not-delivered");
  };
  await recorded(act, session, follow, () => tallyOf(outcomes, PUT_TEXTS));
  output.document({ id: event.id, act: act.id, delivered, hops });
  if (!delivered)
    output.line(
      `Not delivered within ${spanOf(options.timeoutMs)}: outbox-relay show ${event.id} tells why. The event stays in ` +
        "the outbox, and is delivered once the target takes events again.",
    );
  return delivered ? EXIT.ok : EXIT.failed;
}

function testEvent({ type, source, key, sequence = 1 }: PutOptions, nowMs: number): NewEvent {
  const time = new Date(nowMs).toISOString();
  return {
    id: randomUUID(),
    source,
    type,
    time,
    recordedtime: time,
    data: { writtenBy: "outbox-relay put" },
    ...(key === undefined ? {} : { order: { key, sequence } }),
  };
}

/** Refuses an event that another relay delivers: the command would wait for it in vain. */
function refuseOthers(event: NewEvent, eventTypes: EventTypes | undefined): void {
  if (eventTypes === undefined || isOwn(encodeItem(event), eventTypes)) return;
  throw new OperatorError(
    "misuse",
    `This relay does not deliver events of type ${plain(event.type)}, ${typesText(eventTypes)}: give it a --type that it does.`,
  );
}

const isOf = ({ id, key }: EventChange, event: NewEvent): boolean =>
  id === event.id ||
  (event.order !== undefined && key.pk === event.order.key && key.sk === String(event.order.sequence));

const HOPS: Readonly<Record<EventChange["what"], string>> = {
  written: "in the table's stream",
  parked: "parked: it failed",
  retried: "made due again",
  held: "held by another command",
  delivered: "acknowledged by the target, and its row deleted",
  requeued: "acknowledged by the target at a later try, and its row deleted",
  "set aside": "set aside by another command",
  expired: "deleted by the table's time to live, undelivered",
  "key parked": "its key is parked",
  "key freed": "its key is free again",
};

const AFTER_WIDTH = 9;
const WHY_LENGTH = 100;

const hopLine = (hop: Hop | undefined): string =>
  hop === undefined
    ? ""
    : `${`+${hop.afterMs} ms`.padStart(AFTER_WIDTH)}  ${hop.hop}${hop.why === undefined ? "" : `: ${cut(plain(hop.why), WHY_LENGTH)}`}`;
