import { setTimeout as sleep } from "node:timers/promises";
import { CreateEventBusCommand, DeleteEventBusCommand } from "@aws-sdk/client-eventbridge";
import { PurgeQueueCommand } from "@aws-sdk/client-sqs";
import { eventually } from "../setup/eventually.ts";
import type { Actor, Journal } from "./journal.ts";
import { CHECKS, type Incident, type Planned } from "./plan.ts";
import type { SoakStack } from "./stack.ts";
import type { Absence } from "./verdict.ts";
import type { Weather } from "./weather.ts";

/** How long to wait for a call in which to kill. While the breaker is open, none comes. */
const CALL_WITHIN_MS = 8_000;
/**
 * Requests that a process sent before it died may not be read here yet, so its last calls seem to come in after its death. The
 * next process takes longer than that to start.
 */
const LAST_WORDS_MS = 200;

/** Does to the deployed stack what a plan says. */
export class Misfortune {
  readonly happened = new Map<Incident, number>();
  readonly absences: Absence[] = [];
  readonly #stack: SoakStack;
  readonly #journal: Journal;
  readonly #weather: Weather;

  readonly #signal: AbortSignal;

  constructor(stack: SoakStack, journal: Journal, weather: Weather, signal: AbortSignal) {
    this.#stack = stack;
    this.#journal = journal;
    this.#weather = weather;
    this.#signal = signal;
  }

  async happen({ incident, lastsMs }: Planned): Promise<void> {
    this.happened.set(incident, (this.happened.get(incident) ?? 0) + 1);
    switch (incident) {
      case "kill the relay":
        return this.#kill("relay");
      case "kill the relay in a call":
        return this.#killInCall("relay");
      case "kill the requeuer":
        return this.#kill("requeuer");
      case "kill both":
        await this.#kill("relay");
        return this.#kill("requeuer");
      case "purge the dead-letter queue":
        await this.#stack.clients.sqs.send(
          new PurgeQueueCommand({ QueueUrl: this.#stack.deployment.deadLetterQueueUrl }),
        );
        return;
      case "switch the mapping off for a while":
        await this.#stack.mapping.switch(false);
        await this.#sleep(lastsMs);
        return this.#stack.mapping.switch(true);
      case "make the mapping anew at the stream's end":
        return this.#stack.mapping.remake("LATEST");
      case "delete the bus, and make it again":
        return this.#withoutBus(lastsMs);
    }
  }

  async #kill(actor: Actor): Promise<void> {
    const kill = { of: actor, fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
    if ((await this.#stack.killFunction(actor)) === 0) return;
    this.#journal.kills.push(kill);
    await this.#sleep(LAST_WORDS_MS);
    kill.toMs = Date.now();
  }

  /** Kills after the bus took events, and before their sender knows it. */
  async #killInCall(actor: Actor): Promise<void> {
    let isOver = false;
    const killed = new Promise<void>((resolve, reject) => {
      this.#stack.proxies[actor].inNextCall("PutEvents", async () => {
        if (!isOver) await this.#kill(actor).then(resolve, reject);
      });
    });
    await Promise.race([killed, this.#sleep(CALL_WITHIN_MS)]);
    isOver = true;
  }

  /**
   * EventBridge acknowledges events for a bus that does not exist. README names two cases of this that nobody can see, and
   * which are not faults of the relay. In the first, an event is acknowledged while the bus is away, and the check comes after
   * the bus is back. In the second, an earlier check stands because no later one is answered. So checks are answered while the
   * bus is away, and when it comes back no event is between its acknowledgement and its check.
   */
  async #withoutBus(lastsMs: number): Promise<void> {
    const { clients, consumer, deployment } = this.#stack;
    const bus = { Name: deployment.targetName };
    this.#weather.spare("checks", true);
    await this.#untilOver(CHECKS[0]);
    await clients.eventbridge.send(new DeleteEventBusCommand(bus));
    const fromMs = Date.now();
    await this.#sleep(lastsMs);
    this.#weather.blockPublishes(true);
    await this.#untilOver("PutEvents");
    await this.#kill("relay");
    await this.#kill("requeuer");
    await clients.eventbridge.send(new CreateEventBusCommand(bus));
    await consumer.attach();
    this.absences.push({ fromMs, toMs: Date.now() });
    this.#weather.blockPublishes(false);
    this.#weather.spare("checks", false);
  }

  /** Waits until the calls that have already met a fault are over. */
  #untilOver(operation: string): Promise<void> {
    const fromMs = Date.now();
    return eventually(
      `calls of ${operation} begun before are over`,
      () => {
        this.#signal.throwIfAborted();
        return this.#journal.oldestUnderWayMs(operation) >= fromMs;
      },
      () => "One is still under way.",
    );
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#signal });
  }
}
