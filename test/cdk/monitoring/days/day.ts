import { invocations } from "../../../../lib/aws/invocations.ts";
import { powertoolsTelemetry } from "../../../../lib/aws/telemetry.ts";
import { AlarmWatch } from "../../../../lib/cloudwatch/alarm-watch.ts";
import { alarmsOf } from "../../../../lib/cloudwatch/alarms.ts";
import { emfSamples } from "../../../../lib/cloudwatch/emf.ts";
import { MetricStore } from "../../../../lib/cloudwatch/metric-store.ts";
import type { Template } from "../../../../lib/cloudwatch/template.ts";
import { resultOf } from "../../../../lib/core/result.ts";
import type { StreamRecord } from "../../../../lib/core/stream-record.ts";
import { worldOf } from "../../../world/world.ts";
import { toldByAws } from "./told-by-aws.ts";
import { writtenLines } from "./written-lines.ts";

const SECOND_MS = 1_000;
const MINUTE_SECONDS = 60;
const MINUTE_MS = MINUTE_SECONDS * SECOND_MS;
export const DAY_MINUTES = 24 * 60;
/** How long the stack has run when a day begins, unless the stack is new. */
const SETTLED_MINUTES = 30;
/** Within a minute: when events are written, when SQS counts, when the schedule starts the requeuer. Each is due before the next. */
const SQS_TELLS_AT_MS = 15 * SECOND_MS;
const REQUEUER_AT_MS = 20 * SECOND_MS;
/** The part of a minute that is left for the requeuer. */
const RUN_TIMEOUT_MS = MINUTE_MS - REQUEUER_AT_MS;
const MEMORY_BYTES = 150_000_000;

/** How often an alarm told that it is on, and that it is well again. */
export interface Notifications {
  readonly alarm: number;
  readonly ok: number;
}

export type World = ReturnType<typeof worldOf>;

/** What makes one day different from another. */
export interface Story {
  readonly name: string;
  /** Events written in each minute. @default 1 */
  readonly traffic?: number;
  /** The first minute in which the schedule starts the requeuer. @default the stack has run for a while */
  readonly firstRunAt?: number;
  /** @default the relay's own value, each minute */
  readonly requeueEverySeconds?: number;
  /** Receipts go into an archive. @default false */
  readonly isArchived?: boolean;
  /** Called as each minute of the day begins, from 0. */
  readonly minute?: (minute: number, day: Day) => void;
}

/**
 * A day of a deployed stack: the real relay and requeuer over a table, a queue and a target in memory. The alarms of the
 * synthesized template are evaluated over the lines that they write. In each minute events are written, the stream brings them
 * to the relay, the schedule starts the requeuer, and CloudWatch evaluates.
 */
export class Day {
  readonly world: World;
  readonly watch: AlarmWatch;
  readonly #store = new MetricStore();
  readonly #aws: ReturnType<typeof toldByAws>;
  readonly #story: Story;
  #relay: ReturnType<World["relayProcess"]>;
  #requeuer: ReturnType<World["requeuerProcess"]>;
  /** Records that the stream has not brought yet. */
  #stream: StreamRecord[] = [];
  #received = 0;

  constructor(story: Story, template: Template) {
    this.#story = story;
    const references = { physicalId: (id: string) => id, region: "us-east-1", account: "123456789012" };
    this.watch = new AlarmWatch(alarmsOf(template, references), this.#store);
    this.#aws = toldByAws(this.#store, template);
    const lines = writtenLines((line, atMs) => this.#store.add(emfSamples(line, atMs)));
    this.world = worldOf({
      isArchived: story.isArchived ?? false,
      telemetryOf: (role, calls) => {
        const telemetry = lines.of(powertoolsTelemetry("OutboxRelay"), this.world.clock);
        const { clock } = this.world;
        return { telemetry, begin: invocations({ role, clock, calls, telemetry, memoryBytes: () => MEMORY_BYTES }) };
      },
    });
    const { deadLetters } = this.world;
    const receive = deadLetters.receive.bind(deadLetters);
    deadLetters.receive = async (...asked) => {
      const deadLetters = await receive(...asked);
      this.#received += deadLetters.length;
      return deadLetters;
    };
    [this.#relay, this.#requeuer] = [this.world.relayProcess(), this.world.requeuerProcess()];
  }

  /** From here on both functions are new processes. */
  deploy(): void {
    [this.#relay, this.#requeuer] = [this.world.relayProcess(), this.world.requeuerProcess()];
  }

  /** A service writes a row, and the stream brings it. */
  write(...row: Parameters<World["write"]>): StreamRecord {
    const record = this.world.write(...row);
    this.#stream.push(record);
    return record;
  }

  /** Plays the day. Resolves with what each alarm told, by its name. An alarm that told nothing is missing. */
  async play(): Promise<ReadonlyMap<string, Notifications>> {
    const { firstRunAt, minute, requeueEverySeconds = MINUTE_SECONDS } = this.#story;
    const everyMinutes = requeueEverySeconds / MINUTE_SECONDS;
    if (firstRunAt === undefined) {
      for (let before = 0; before < SETTLED_MINUTES; before += 1) await this.#minute(before % everyMinutes === 0);
    }
    const settledAt = this.watch.history.length;
    for (let now = 0; now < DAY_MINUTES; now += 1) {
      minute?.(now, this);
      await this.#minute(now >= (firstRunAt ?? 0) && now % everyMinutes === 0);
    }
    return notifications(this.watch.history.slice(settledAt));
  }

  async #minute(isScheduled: boolean): Promise<void> {
    const { clock } = this.world;
    const endMs = clock.now() + MINUTE_MS;
    for (let event = 0; event < (this.#story.traffic ?? 1); event += 1) this.write();
    await clock.run(async () => {
      await Promise.all([this.#relayTurn(), this.#queueTurn(), isScheduled ? this.#requeuerTurn() : undefined]);
    });
    if (clock.now() > endMs) throw new Error("A minute of work took longer than a minute.");
    clock.skip(endMs - clock.now());
    this.watch.evaluate(clock.now());
  }

  async #relayTurn(): Promise<void> {
    const batch = this.#stream;
    const last = batch.at(-1);
    if (last === undefined) return;
    this.#stream = [];
    const { clock } = this.world;
    const startMs = clock.now();
    this.#aws.iteratorAge(startMs, startMs - last.writtenAtMs);
    const result = await resultOf(this.#relay.work(batch, MINUTE_MS));
    this.#aws.invocation("relay", startMs, !result.ok);
    const checkpoint = result.ok ? result.value.checkpoint : batch[0]?.position;
    if (checkpoint !== undefined) {
      this.#stream = [...batch.filter(({ position }) => position >= checkpoint), ...this.#stream];
    }
  }

  async #queueTurn(): Promise<void> {
    const { clock, deadLetters } = this.world;
    await clock.sleep(SQS_TELLS_AT_MS);
    const nowMs = clock.now();
    const visible = deadLetters.messages.filter(({ visibleAtMs }) => visibleAtMs <= nowMs).length;
    this.#aws.messagesVisible(nowMs, visible);
    this.#aws.messagesReceived(nowMs, this.#received);
    this.#received = 0;
  }

  async #requeuerTurn(): Promise<void> {
    const { clock } = this.world;
    await clock.sleep(REQUEUER_AT_MS);
    const startMs = clock.now();
    const run = await resultOf(this.#requeuer.work(RUN_TIMEOUT_MS));
    this.#aws.invocation("requeuer", startMs, !run.ok);
  }
}

/** Changes to ALARM and to OK are told. CloudWatch tells nobody of insufficient data unless it is asked to. */
function notifications(history: AlarmWatch["history"]): ReadonlyMap<string, Notifications> {
  const told = new Map<string, Notifications>();
  for (const { alarm, to } of history) {
    if (to === "INSUFFICIENT_DATA") continue;
    const before = told.get(alarm.name) ?? { alarm: 0, ok: 0 };
    told.set(alarm.name, {
      alarm: before.alarm + (to === "ALARM" ? 1 : 0),
      ok: before.ok + (to === "OK" ? 1 : 0),
    });
  }
  return told;
}
