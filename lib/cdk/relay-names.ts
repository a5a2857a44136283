import { Stack, Stage, Token, TokenComparison } from "aws-cdk-lib";
import type { Construct, IConstruct } from "constructs";
import { refuse } from "../contract/settings/setting-reader.ts";

/** The relays of each app by name. Kept per app, since tests make several. */
const relaysByApp = new WeakMap<IConstruct, Map<string, Construct[]>>();

/**
 * Reserves a relay's name. Two relays of the same name in one place would share a dashboard, metrics and alarms, and on
 * one table also the lease, so that one requeuer would lock out the other.
 *
 * @throws SettingError if another relay of the app has the name in the same account and region.
 */
export function claimRelayName(relay: Construct, relayName: string): void {
  if (Token.isUnresolved(relayName)) return;
  const names = relaysByApp.get(relay.node.root) ?? new Map<string, Construct[]>();
  const namesakes = names.get(relayName) ?? [];
  const other = namesakes.find((each) => isSamePlace(each, relay));
  if (other !== undefined) {
    const why = `${other.node.path} has that name in the same account and region, and the two would share metrics, alarms and a lease`;
    refuse(`${relay.node.path}.relayName`, relayName, `${why}; give each one its own`);
  }
  relaysByApp.set(relay.node.root, names.set(relayName, [...namesakes, relay]));
}

/** Stages without an environment are usually deployed to different ones. */
function isSamePlace(one: Construct, other: Construct): boolean {
  const [here, there] = [Stack.of(one), Stack.of(other)];
  const isOneStage = Stage.of(one) === Stage.of(other);
  return (["account", "region"] as const).every((aspect) => {
    switch (Token.compareStrings(here[aspect], there[aspect])) {
      case TokenComparison.SAME:
        return true;
      case TokenComparison.BOTH_UNRESOLVED:
        return isOneStage;
      default:
        return false;
    }
  });
}
