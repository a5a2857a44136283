import type { OutboxEvent } from "../../lib/core/event.ts";
import { ACKNOWLEDGED, type Existence, type Publisher, type PublishResult } from "../../lib/core/ports.ts";
import type { Failure } from "../../lib/core/resilience/failure.ts";
import type { Actor } from "./scheduler.ts";
import { idsOf, WORLD, type World } from "./world.ts";

const failed = (failure: Failure): PublishResult => ({ kind: "failed", failure });
const targetFailure = (failureClass: Failure["class"]): PublishResult =>
  failed({ class: failureClass, scope: "target", code: failureClass, message: failureClass });

/** The target. It can fail in every way that a call has, and acknowledge for a destination that is not there. */
export class SimulatedTarget {
  /** While true everything fails by the target's fault. */
  isDown = false;
  /** While true it acknowledges what nobody will ever get, as EventBridge does without a bus. */
  isMissing = false;
  readonly poison = new Set<string>();
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  for(actor: Actor, onPublish: (event: OutboxEvent) => void): Publisher {
    const { scheduler, ledger, faults } = this.#world;
    return {
      limits: { maxEntries: 3, maxBytes: 1_000_000 },
      destinationOf: () => "target",
      bytesOf: ({ json }) => json.length,
      publish: (_destination, events) =>
        scheduler.call(
          actor,
          "publish",
          () =>
            this.#noted(actor, events, () => {
              for (const event of events) onPublish(event);
              if (this.isDown || faults.happens("publish failed")) return events.map(() => targetFailure("transient"));
              if (faults.happens("publish throttled")) return events.map(() => targetFailure("throttled"));
              const results = events.map((event) => this.#entry(actor, event));
              if (faults.happens("acknowledgement lost")) {
                for (const [index, { id }] of events.entries()) {
                  if (results[index]?.kind === "acknowledged") ledger.excuse(id, "lost acknowledgement");
                }
                return events.map(() => targetFailure("ambiguous"));
              }
              return results;
            }),
          idsOf(events),
        ),
      verify: () =>
        scheduler.call(actor, "verify", (): Existence => {
          const answer = faults.happens("existence unknown") ? "unknown" : this.isMissing ? "missing" : "exists";
          if (answer === "exists") ledger.seen(actor.name);
          else ledger.excuseUndeleted(actor.name, "target unverified");
          return answer;
        }),
    };
  }

  /** The books of who was acknowledged, and who failed alone by nobody's known fault. */
  #noted(
    { name }: Actor,
    events: readonly OutboxEvent[],
    publish: () => readonly PublishResult[],
  ): readonly PublishResult[] {
    const { ledger } = this.#world;
    const results = publish();
    for (const [index, { id }] of events.entries()) {
      const result = results[index];
      if (result?.kind === "acknowledged") ledger.acknowledge(name, id);
      const isTold = result?.kind === "acknowledged" || result?.failure.class === "throttled";
      if (events.length === 1 && !isTold) ledger.failAlone(name, id);
    }
    return results;
  }

  #entry(actor: Actor, { id }: OutboxEvent): PublishResult {
    const { scheduler, ledger, faults, random } = this.#world;
    if (this.isMissing) {
      ledger.vanish(actor.name, id);
      return ACKNOWLEDGED;
    }
    if (this.poison.has(id) && faults.happens("entry refused")) {
      ledger.failOwn(id);
      return failed({ class: "permanent", scope: "event", code: "Refused", message: "refused" });
    }
    if (faults.happens("partial batch failure")) {
      ledger.failOwn(id);
      return failed({ class: "transient", scope: "event", code: "Entry", message: "entry" });
    }
    if (faults.happens("publish timed out, not landed")) return targetFailure("ambiguous");
    if (faults.happens("landed late")) {
      ledger.excuse(id, "landed late");
      scheduler.at(WORLD, "lands late", scheduler.nowMs + random() * 120_000, () =>
        ledger.deliver(actor.name, id, scheduler.instant),
      );
      return targetFailure("ambiguous");
    }
    ledger.deliver(actor.name, id, scheduler.instant);
    return ACKNOWLEDGED;
  }
}
