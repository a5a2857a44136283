import type { OutboxEvent } from "../../../lib/contract/event.ts";
import type { Context } from "./context.ts";
import type { Checker } from "./watched.ts";

const placeText = (pk: string, place: number): string => `${pk} ${place}`;

/**
 * In strict mode an event is published only once its predecessor is known to be done: acknowledged in this invocation, or found
 * gone by a transaction.
 */
export function strict({ by, scenario, violate }: Context): Checker {
  /** Sequences that are known to be done, in this invocation. */
  const done = new Set<string>();
  const isOrdered = ({ pk, sk, id }: OutboxEvent) => !(pk === id && sk === "1");
  if (scenario.ordering !== "strict") return {};
  return {
    begun: () => done.clear(),
    asked: {
      publish: (_destination, events) => {
        const inCall = new Set<string>();
        for (const event of events.filter(isOrdered)) {
          const { pk, id } = event;
          const place = Number(event.sk);
          const before = placeText(pk, place - 1);
          inCall.add(placeText(pk, place));
          if (place === 1 || done.has(before) || inCall.has(before)) continue;
          violate(`STRICT: ${by} publishes ${id}, and does not know that ${before} is done`);
        }
      },
    },
    learnt: {
      presence: (presence, { pk, sk }) => {
        if (presence === "absent") done.add(placeText(pk, Number(sk)));
      },
      publish: (results, _destination, events) => {
        for (const [index, { pk, sk }] of events.entries()) {
          if (results[index]?.kind === "acknowledged") done.add(placeText(pk, Number(sk)));
        }
      },
    },
  };
}
