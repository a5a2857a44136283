import type { AlarmState } from "./alarm-rule.ts";

/**
 * A composite alarm's rule: ALARM("..."), OK("..."), INSUFFICIENT_DATA("..."), TRUE, FALSE, with NOT, AND, OR and
 * parentheses. NOT binds closest, then AND, then OR.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html
 * @param stateOf the state of an alarm, by its name or ARN in the rule.
 */
export function evaluateComposite(rule: string, stateOf: (alarm: string) => AlarmState): boolean {
  const tokens = rule.match(/"[^"]*"|\w+|[()]/g) ?? [];
  const refuse = (why: string): never => {
    throw new Error(`The composite rule ${JSON.stringify(rule)} cannot be evaluated: ${why}.`);
  };
  const expect = (token: string) => {
    const found = tokens.shift();
    if (found !== token) refuse(`${token} is missing before ${found ?? "the end"}`);
  };
  // Both sides are always parsed, or a part of the rule would remain.
  const anyOf = (): boolean => {
    let value = allOf();
    while (tokens[0] === "OR") {
      tokens.shift();
      value = allOf() || value;
    }
    return value;
  };
  const allOf = (): boolean => {
    let value = one();
    while (tokens[0] === "AND") {
      tokens.shift();
      value = one() && value;
    }
    return value;
  };
  const one = (): boolean => {
    const token = tokens.shift();
    switch (token) {
      case "NOT":
        return !one();
      case "TRUE":
        return true;
      case "FALSE":
        return false;
      case "(": {
        const value = anyOf();
        expect(")");
        return value;
      }
      case "ALARM":
      case "OK":
      case "INSUFFICIENT_DATA": {
        expect("(");
        const alarm = tokens.shift() ?? refuse("an alarm's name is missing");
        expect(")");
        return stateOf(alarm.replace(/^"|"$/g, "")) === token;
      }
      default:
        return refuse(`${token ?? "the end"} is not a condition`);
    }
  };
  const value = anyOf();
  if (tokens.length > 0) refuse(`nothing may follow before ${tokens[0]}`);
  return value;
}
