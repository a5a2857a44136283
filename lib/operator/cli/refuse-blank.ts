import type { Command } from "commander";
import { OperatorError } from "../aws/operator-error.ts";

/**
 * Refuses values in which nothing is visible, for every option and argument. They come from shell variables that are
 * not set, and would be taken at their word: an empty string is found in every failure, and an empty stack name names
 * all stacks.
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

/**
 * White space, control characters, and characters that Unicode leaves blank: zero widths, joiners, fillers, the empty
 * braille cell.
 */
const NOTHING_VISIBLE = /^[\s\p{Cc}\p{Cf}\p{Z}\p{Default_Ignorable_Code_Point}\u2800]*$/u;

function refuse(what: string, value: string): void {
  if (!NOTHING_VISIBLE.test(value)) return;
  throw new OperatorError(
    "misuse",
    `${what} is ${escaped(value)}, which says nothing: is a shell variable not set? Give a value, or leave it out.`,
  );
}

/** As JSON, with each invisible character as its number. */
const escaped = (value: string): string =>
  JSON.stringify(value).replaceAll(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
