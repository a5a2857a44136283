import { type IResource, Stack, Token, TokenComparison } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type Place, requireSamePlace } from "../../../synth/same-place.ts";
import { type NamedDestination, refuseTwice } from "./refuse-twice.ts";

/** A bus, queue, topic, stream or function that events may go to. */
export interface AwsDestination {
  readonly resource: IResource;
  readonly arn: string;
  readonly name: string;
  /** Its global address: the ARN or URL that its service's API takes. */
  readonly address: string;
}

/** A destination as seen from a relay's stack. */
export interface PlacedDestination extends AwsDestination, NamedDestination {
  readonly place: Place;
  /**
   * Whether it is in the account and region of the stack. For an import, a stack without an environment cannot tell.
   */
  readonly account: Sameness;
  readonly region: Sameness;
}

/** Compares two accounts, or two regions. */
export type Sameness = "same" | "other" | "unknown";

/** In the account and region of the stack, where the name alone finds it. */
export const isHere = ({ account, region }: PlacedDestination): boolean => account === "same" && region === "same";

/** An ARN that is not a single token contains its account and region. */
const PARTS_OF_ARN = 6;

/** The ARN decides: an import by attributes may claim the stack's environment, whatever its ARN says. */
function placeOf({ arn, resource }: AwsDestination): Place {
  const parts = arn.split(":");
  const [, , , region = "", account = ""] = parts;
  return parts.length < PARTS_OF_ARN ? resource.env : { account, region };
}

function sameness(one: string, other: string): Sameness {
  // A stack without an environment uses the same tokens for its account and region everywhere.
  if (one === other) return "same";
  return Token.compareStrings(one, other) === TokenComparison.DIFFERENT ? "other" : "unknown";
}

/** Whether two places are known to be the same account and region. */
function areNeighbours(one: AwsDestination, other: AwsDestination): boolean {
  const [here, there] = [placeOf(one), placeOf(other)];
  return sameness(here.account, there.account) === "same" && sameness(here.region, there.region) === "same";
}

const ELSEWHERE =
  "a relay publishes within its own region; publish to a bus or topic there, whose rule or subscription carries events on";

/**
 * The places of a target's destinations, as seen from the relay's stack.
 *
 * @throws SettingError for a destination in another region (if only the deployment can tell, CloudFormation refuses
 * it), and for one that is given twice.
 */
export function placedIn(scope: Construct, destinations: readonly AwsDestination[]): readonly PlacedDestination[] {
  const stack = Stack.of(scope);
  const placed = destinations.map((destination, index) => {
    const path = index === 0 ? "target" : `target.alsoTo[${index - 1}]`;
    const shown = Token.isUnresolved(destination.arn) ? destination.resource.node.path : destination.arn;
    const place = placeOf(destination);
    requireSamePlace(scope, `Destination${index}In`, { path, name: shown, place, fix: ELSEWHERE }, ["region"]);
    return {
      ...destination,
      path,
      shown,
      place,
      account: sameness(place.account, stack.account),
      region: sameness(place.region, stack.region),
    };
  });
  refuseTwice(placed, isOne);
  return placed;
}

/** Attributes of a resource may be a new token at each access. */
const isOne = (one: AwsDestination, other: AwsDestination): boolean =>
  one.resource === other.resource ||
  withinPartition(one.arn) === withinPartition(other.arn) ||
  (one.name === other.name && !Token.isUnresolved(one.name) && areNeighbours(one, other));

/** An import by name has no partition, and an unqualified function is its version $LATEST. */
const withinPartition = (arn: string): string => arn.replace(/^arn:[^:]+:/, "").replace(/:\$LATEST$/, "");

/** How the functions are told of destinations. */
export interface Spelled {
  readonly first: string;
  readonly alsoTo?: readonly string[];
}

/**
 * Maps each global address to what the functions are told. Destinations in the first one's account and region are told
 * by their names: the functions' environment holds only 4 KB.
 */
export function besideTheFirst([first, ...others]: readonly AwsDestination[]): Spelled {
  if (first === undefined) throw new Error("A target has a destination");
  const alsoTo = others.map((other) => (areNeighbours(first, other) ? other.name : other.address));
  return { first: first.address, ...(alsoTo.length === 0 ? {} : { alsoTo }) };
}
