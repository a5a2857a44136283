import { DescribeEventBusCommand, EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { targetClientOptions } from "../../aws/aws-clients.ts";
import { refusedCall } from "../../aws/aws-failure.ts";
import { lean } from "../../aws/lean-client.ts";
import { readFields, readOneOf, readText, refuse } from "../../contract/settings/setting-reader.ts";
import { errorName } from "../../contract/telemetry/error-name.ts";
import type { CheckAnswer } from "../../core/ports.ts";
import { busesOf } from "../shared/directory.ts";
import { callOptions } from "../shared/run/call-deadline.ts";
import { publishCarriable } from "../shared/run/carriable.ts";
import { readDestinations, toDestinations } from "../shared/run/destinations.ts";
import type { CreatePublisher } from "../shared/run/target-factory.ts";
import { failedCheck, putResults } from "./answers.ts";
import {
  BUS_CHECK_NAMES,
  DEFAULT_BUS_CHECK_EVERY_SECONDS,
  DEFAULT_BUS_MEMORY_SECONDS,
  readBusChecks,
} from "./bus-checks.ts";
import { busProtection } from "./bus-protection.ts";
import { entryOf, unfitPart } from "./entry.ts";

/** Ten entries, under 1 MB in all. */
const LIMITS = { maxEntries: 10, maxBytes: 1_000_000 };
/** What EventBridge counts for an entry's Time, in bytes. */
const TIME_BYTES = 14;

/**
 * Publishes to an EventBridge bus, by name or ARN; an event's `destination` names another bus, by its ARN, or by its
 * name if no other bus of the target has it.
 *
 * PutEvents answers success for a bus that does not exist, and the event is lost (aws/aws-sdk#186). So the relay checks
 * that the bus exists before the first publish, and after each acknowledgement.
 *
 * The relay cannot look at a bus of another account. `unverified` lists the buses that are accepted without a check,
 * spelled as in `busName` and `alsoTo`: their acknowledgements count, whether the buses exist or not.
 */
export const createPublisher: CreatePublisher = ({ config, path, concurrency, clock, telemetry }) => {
  const given = readFields(path, config, ["kind", "busName", "alsoTo", "unverified", "home", ...BUS_CHECK_NAMES]);
  readOneOf(`${path}.kind`, given.kind, ["eventbridge"]);
  const told = [readText(`${path}.busName`, given.busName), ...readDestinations(`${path}.alsoTo`, given.alsoTo)];
  const buses = busesOf(told, given.home === undefined ? undefined : readText(`${path}.home`, given.home));
  refuseOtherRegions(path, told, given.home);
  const unverifiable = new Set(readDestinations(`${path}.unverified`, given.unverified));
  const { busMemorySeconds = DEFAULT_BUS_MEMORY_SECONDS, busCheckEverySeconds = DEFAULT_BUS_CHECK_EVERY_SECONDS } =
    readBusChecks(path, given);
  // One connection more than calls: the check of the bus must not wait behind slow calls until it counts as failed.
  const client = lean(new EventBridgeClient(targetClientOptions(concurrency + 1)));
  const protection = busProtection(clock, telemetry);
  async function check(bus: string, untilMs: number): Promise<CheckAnswer> {
    try {
      protection.note(bus, await client.send(new DescribeEventBusCommand({ Name: bus }), callOptions(untilMs, clock)));
      return "exists";
    } catch (error) {
      const answer = failedCheck(error);
      if (answer === "missing") protection.note(bus, {});
      else {
        telemetry.log("warn", "A check whether the event bus exists proved nothing", { bus, error: errorName(error) });
      }
      return answer;
    }
  }

  return toDestinations(buses, {
    limits: LIMITS,
    // Entries of a call succeed and fail one by one.
    atomicBatches: false,
    bytesOf: ({ source, type, json }) =>
      TIME_BYTES + Buffer.byteLength(source) + Buffer.byteLength(type) + Buffer.byteLength(json),
    publish: (bus, events, untilMs) =>
      publishCarriable(events, unfitPart, async (carriable) => {
        try {
          const command = new PutEventsCommand({ Entries: carriable.map((event) => entryOf(bus, event)) });
          const answer = await client.send(command, callOptions(untilMs, clock));
          return putResults(carriable.length, answer);
        } catch (error) {
          const result = refusedCall(error);
          return carriable.map(() => result);
        }
      }),
    existence: {
      covers: (bus) => !unverifiable.has(bus),
      check,
      memoryMs: busMemorySeconds * 1_000,
      checkEveryMs: busCheckEverySeconds * 1_000,
      permission: "events:DescribeEventBus",
      unprotected: (untilMs) => {
        const ours = buses.map(({ address }) => address).filter((bus) => !unverifiable.has(bus));
        return protection.count(ours, (bus) => {
          telemetry.count("ExistenceChecks");
          return check(bus, untilMs);
        });
      },
    },
  });
};

/** An ARN names its region; a bus told by name is in the relay's own. PutEvents takes no bus of another region. */
function refuseOtherRegions(path: string, told: readonly string[], home: unknown): void {
  const regionOf = (arn: string): string | undefined => arn.split(":")[3];
  const ours = typeof home === "string" ? regionOf(home) : undefined;
  for (const bus of told) {
    const theirs = regionOf(bus);
    if (theirs !== undefined && ours !== undefined && theirs !== ours) {
      refuse(path, bus, `it is a bus of another region than the relay's, ${ours}, and PutEvents takes none`);
    }
  }
}
