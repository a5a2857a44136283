import { CfnRule, Fn, Stack, Token, TokenComparison } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { refuse } from "../contract/settings/setting-reader.ts";
import { withoutTokens } from "../contract/shown-value.ts";

/** Account and region of a resource, the CDK's `env`. Each may be a token until the stack is deployed. */
export interface Place {
  readonly account: string;
  readonly region: string;
}

const PSEUDO_PARAMETERS = { account: "AWS::AccountId", region: "AWS::Region" } as const;
type Aspect = keyof typeof PSEUDO_PARAMETERS;

export interface Placed {
  /** Names the setting, for the message. */
  readonly path: string;
  /** The resource's name, for the message. */
  readonly name: string;
  readonly place: Place;
  /** The advice, without a full stop. */
  readonly fix: string;
}

/**
 * Refuses a resource in another account or region than the stack (or only in another region). At synth if both places
 * are known, otherwise by a rule that CloudFormation checks before it makes anything.
 *
 * @param scope the construct that gets the rule; its id begins with `id`.
 * @throws SettingError if both places are known and differ.
 */
export function requireSamePlace(
  scope: Construct,
  id: string,
  { path, name, place, fix }: Placed,
  aspects: readonly Aspect[] = ["account", "region"],
): void {
  const stack = Stack.of(scope);
  for (const aspect of aspects) {
    const theirs = place[aspect];
    switch (Token.compareStrings(theirs, stack[aspect])) {
      case TokenComparison.DIFFERENT:
        refuse(path, name, `it is in the ${aspect} ${theirs}, and the stack in ${stack[aspect]}; ${fix}`);
        break;
      case TokenComparison.ONE_UNRESOLVED:
        // A stack without an environment gets one at deployment. A token as the other place cannot be compared yet.
        if (!Token.isUnresolved(theirs)) {
          const rule = new CfnRule(scope, `${id}${aspect === "account" ? "Account" : "Region"}`);
          const said = `${path} is ${JSON.stringify(name)}: it is in the ${aspect} ${theirs}; ${fix}.`;
          rule.addAssertion(Fn.conditionEquals(Fn.ref(PSEUDO_PARAMETERS[aspect]), theirs), withoutTokens(said));
        }
        break;
      default:
    }
  }
}
