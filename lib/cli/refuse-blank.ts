import type { Command } from "commander";
import { OperatorError } from "../adapters/operate/operator-error.ts";

/**
 * Refuses empty and blank values, whatever they are given for. They come from shell variables that are not set, and mean
 * something else than nothing: an empty text is found in every failure, an empty stack name names all stacks.
 *
 * @throws OperatorError naming the option or argument.
 */
export function refuseBlank(program: Command, command: Command): void {
  for (const each of [program, command]) {
    for (const option of each.options) {
      const value: unknown = each.getOptionValue(option.attributeName());
      if (typeof value === "string") refuse(option.long ?? option.flags, value);
    }
  }
  for (const value of command.args) refuse(`An argument of ${command.name()}`, value);
}

function refuse(what: string, value: string): void {
  if (value.trim() !== "") return;
  throw new OperatorError(
    "misuse",
    `${what} is ${JSON.stringify(value)}, which says nothing: is a shell variable not set? Give a value, or leave it out.`,
  );
}
