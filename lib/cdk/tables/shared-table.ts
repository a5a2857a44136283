import { Annotations, Aspects, type IAspect } from "aws-cdk-lib";
import type { ITableV2 } from "aws-cdk-lib/aws-dynamodb";
import type { Construct, IConstruct } from "constructs";
import type { EventTypes } from "../../contract/settings/event-types.ts";
import { refuse } from "../../contract/settings/setting-reader.ts";
import { gapOf, overlapOf } from "../../contract/settings/shared-types.ts";
import { comparableArn } from "../../synth/arns.ts";

/** A relay of the app, and the rows of its table that it takes. */
interface Reader {
  readonly relay: Construct;
  readonly table: ITableV2;
  readonly streamArn: string;
  readonly eventTypes: EventTypes | undefined;
}

/** The id for `Annotations.of(relay).acknowledgeWarning`, for when another app has a relay for the other types. */
export const GAP_WARNING = "dynamodb-outbox-relay:eventTypesGap";

/** "No more than two processes": https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html */
const READERS_OF_A_STREAM = 2;

/** The relays of each app. Kept per app, since tests make several. */
const readersByApp = new WeakMap<IConstruct, Reader[]>();

/**
 * Checks the relays of an app that share a table: each row must belong to exactly one of them. Relays of other apps
 * cannot be seen here; rows that nobody takes are measured at run time.
 *
 * @param streamArn of the stream that the relay reads.
 * @throws SettingError if two relays would deliver the same row, and for a third reader of the table's stream.
 */
export function shareTable(
  relay: Construct,
  table: ITableV2,
  streamArn: string,
  eventTypes: EventTypes | undefined,
): void {
  const reader = { relay, table, streamArn, eventTypes };
  const all = readersByApp.get(relay.node.root) ?? [];
  readersByApp.set(relay.node.root, all);
  const others = all.filter((other) => isSame(other, reader));
  const paths = others.map((other) => other.relay.node.path);
  if (others.length >= READERS_OF_A_STREAM) {
    const why = `its stream is read by ${paths.join(" and ")} already, and a third reader throttles them all`;
    const fix = "publish to a bus or a topic, and fan out behind it";
    refuse(`${relay.node.path}.table`, table.node.path, `${why}; ${fix}`);
  }
  for (const other of others) {
    const both = overlapOf(other.eventTypes, eventTypes);
    if (both === undefined) continue;
    const why = `${other.relay.node.path} reads the same table, and both would deliver ${both}`;
    refuse(
      `${relay.node.path}.eventTypes`,
      eventTypes,
      `${why}; let one of them say except with what the other says under only`,
    );
  }
  all.push(reader);
  if (others.length === 0 && eventTypes !== undefined) Aspects.of(relay).add(new GapWarning(reader, all));
}

/** Tokens cannot be compared: a pinned logical id looks the same in two stages of an app. */
function isSame(one: Reader, other: Reader): boolean {
  const arn = knownArn(one);
  return one.table === other.table || (arn !== undefined && arn === knownArn(other));
}

/** A table imported by name has its account and region only in its stream's ARN. */
const knownArn = ({ table, streamArn }: Reader): string | undefined =>
  comparableArn(table.tableArn) ?? comparableArn(streamArn)?.replace(/\/stream\/.*$/, "");

/** Warns at the table's first relay, after all relays are made. */
class GapWarning implements IAspect {
  readonly #reader: Reader;
  readonly #all: readonly Reader[];

  constructor(reader: Reader, all: readonly Reader[]) {
    this.#reader = reader;
    this.#all = all;
  }

  visit(node: IConstruct): void {
    const { relay } = this.#reader;
    if (node !== relay) return;
    const gap = gapOf(this.#all.filter((reader) => isSame(reader, this.#reader)).map(({ eventTypes }) => eventTypes));
    if (gap === undefined) return;
    Annotations.of(relay).addWarningV2(
      GAP_WARNING,
      `No relay of this app delivers ${gap}: such rows wait in the table for ever, unless another app has a relay for them. Let ` +
        "one relay say except with what the others say under only, or acknowledge this where another app has one.",
    );
  }
}
