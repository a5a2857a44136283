import { run } from "../../../lib/operator/cli/program.ts";
import { Collector } from "../../operator/cli/collector.ts";

/** The commands with their arguments and options, by their help. */
export async function commandLines(): Promise<readonly string[]> {
  const root = await helpOf([]);
  const commands = sectionOf(root, "Commands").flatMap((line) => {
    const name = /^([a-z][\w-]*)/.exec(line)?.[1];
    return name === undefined || name === "help" ? [] : [name];
  });
  const ofCommands = await Promise.all(
    commands.map(async (name) => {
      const help = await helpOf([name]);
      const usage = /^Usage: (.*)$/m.exec(help)?.[1] ?? "";
      return [`command ${usage}`, ...optionsOf(help).map((option) => `command ${name} ${option}`)];
    }),
  );
  return [...optionsOf(root).map((option) => `command option of all ${option}`), ...ofCommands.flat()];
}

async function helpOf(command: readonly string[]): Promise<string> {
  const stdout = new Collector();
  await run([...command, "--help"], { stdout, stderr: new Collector(), environment: {}, stopped: () => false });
  return stdout.text;
}

/** An option, its value, and the brackets of its help: choices and default. */
const optionsOf = (help: string): readonly string[] =>
  sectionOf(help, "Options").map((line) => {
    const [flags = ""] = line.split(/\s{2,}/);
    const told = [...line.matchAll(/\((?:choices|default)[^)]*\)/g)].map(([text]) => text);
    return [flags, ...told].join(" ");
  });

/** Each entry of a section on one line: a wrapped line of the help belongs to the entry before. */
function sectionOf(help: string, title: string): readonly string[] {
  const section = help.split(`${title}:\n`)[1]?.split(/\n\n/)[0] ?? "";
  return section
    .replace(/\n {6,}/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
}
