import { type IResource, Stack, Token, TokenComparison } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type Place, requireSamePlace } from "../../../synth/same-place.ts";
import { type NamedDestination, refuseTwice } from "./refuse-twice.ts";

/** A bus, queue, topic, stream or function that events may go to. */
export interface AwsDestination {
  readonly resource: IResource;
  readonly arn: string;
  readonly name: string;
  /** What finds it from anywhere: the ARN or URL that its service's API takes. */
  readonly address: string;
}

/** One as it is seen from a relay's stack. */
export interface PlacedDestination extends AwsDestination, NamedDestination {
  readonly place: Place;
  /** Whether it is in the account and region of the stack. A stack that names no environment cannot tell of an import. */
  readonly account: Sameness;
  readonly region: Sameness;
}

/** Of two accounts, or of two regions. */
export type Sameness = "same" | "other" | "unknown";

/** In the account and region of the stack, where nothing but the name is needed to find it. */
export const isHere = ({ account, region }: PlacedDestination): boolean => account === "same" && region === "same";

/** What is no single token has its account and region in it. */
const PARTS_OF_ARN = 6;

/** The ARN decides: an import by attributes may claim the stack's own environment whatever its ARN says. */
function placeOf({ arn, resource }: AwsDestination): Place {
  const parts = arn.split(":");
  const [, , , region = "", account = ""] = parts;
  return parts.length < PARTS_OF_ARN ? resource.env : { account, region };
}

function sameness(one: string, other: string): Sameness {
  // A stack that names no environment calls its account and region by the same tokens wherever it does.
  if (one === other) return "same";
  return Token.compareStrings(one, other) === TokenComparison.DIFFERENT ? "other" : "unknown";
}

/** Whether two are known to be in one account and region. */
export function areNeighbours(one: AwsDestination, other: AwsDestination): boolean {
  const [here, there] = [placeOf(one), placeOf(other)];
  return sameness(here.account, there.account) === "same" && sameness(here.region, there.region) === "same";
}

const ELSEWHERE =
  "a relay publishes within its own region; publish to a bus or topic there, whose rule or subscription carries events on";

/**
 * Where the destinations of a target are, as seen from the relay's stack.
 *
 * @throws SettingError for one that is in another region (where the template cannot tell, CloudFormation refuses it), and for one that is there twice.
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

/** Attributes of a resource may be a new token each time they are asked for. */
const isOne = (one: AwsDestination, other: AwsDestination): boolean =>
  one.resource === other.resource ||
  withinPartition(one.arn) === withinPartition(other.arn) ||
  (one.name === other.name && !Token.isUnresolved(one.name) && areNeighbours(one, other));

/** An import by name knows no partition, and a function by itself is its version $LATEST. */
const withinPartition = (arn: string): string => arn.replace(/^arn:[^:]+:/, "").replace(/:\$LATEST$/, "");

/** How the functions are told of some. */
export interface Spelled {
  readonly first: string;
  readonly alsoTo?: readonly string[];
}

/**
 * By what finds each from anywhere. Those in the first one's account and region are told by their names: the functions'
 * environment holds 4 KB in all.
 */
export function besideTheFirst([first, ...others]: readonly AwsDestination[]): Spelled {
  if (first === undefined) throw new Error("A target has a destination");
  const alsoTo = others.map((other) => (areNeighbours(first, other) ? other.name : other.address));
  return { first: first.address, ...(alsoTo.length === 0 ? {} : { alsoTo }) };
}
