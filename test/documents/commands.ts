import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { readAppSettings } from "../../lib/cdk/settings.ts";
import { EXIT } from "../../lib/operator/cli/exit-code.ts";
import { run } from "../../lib/operator/cli/program.ts";
import { Collector } from "../operator/cli/collector.ts";
import { awsProblems } from "./aws-cli.ts";
import { ROOT } from "./pages.ts";
import { type Command, commandsIn, withPlaceholders } from "./shell.ts";

/** Programs of any system. The shell's own syntax is checked, and nothing else of them. */
const ORDINARY = new Set([
  ...[
    "cd",
    "echo",
    "printf",
    "export",
    "mkdir",
    "cat",
    "cp",
    "rm",
    "ls",
    "test",
    "set",
    "exit",
    "sleep",
    "date",
    "wait",
  ],
  ...["git", "curl", "unzip", "zip", "node", "sh", "python", "python3", "pip", "pip3", "od", "tr"],
]);
/** npm's own commands that pages name. */
const NPM = new Set(["ci", "install", "pack", "audit", "start", "test", "init", "pkg", "publish"]);
/** Nobody listens there: a command that was read goes no further than its first call. */
const NOWHERE = "http://127.0.0.1:9";
const execute = promisify(execFile);

/** What is wrong with a script of a page. Nothing that it names is run against anything. */
export async function scriptProblems(page: string, script: string): Promise<readonly string[]> {
  try {
    await execute("sh", ["-n", "-c", withPlaceholders(script)]);
  } catch (error) {
    return [`a shell cannot read it: ${(error as Error).message}`];
  }
  const problems = await Promise.all(commandsIn(script).map((command) => commandProblems(page, command)));
  return problems.flat();
}

async function commandProblems(page: string, command: Command): Promise<readonly string[]> {
  const [program = "", ...args] = command;
  if (program === "npx") return npxProblems(args);
  if (program === "outbox-relay") return operatorProblems(args);
  if (program === "npm") return npmProblems(page, args);
  if (program === "aws") return awsProblems(command);
  return ORDINARY.has(program) || program.startsWith("./")
    ? []
    : [
        `nothing here checks the program ${program}: teach test/documents/commands.ts, or list the snippet in test/documents/unchecked.ts`,
      ];
}

function npxProblems([program = "", ...args]: Command): readonly string[] | Promise<readonly string[]> {
  if (program === "outbox-relay") return operatorProblems(args);
  if (program === "cdk") return cdkProblems(args);
  if (program === "vitest") return vitestProblems(args);
  return program === "tsc" || program === "tsx" ? [] : [`nothing here checks npx ${program}`];
}

function npmProblems(page: string, [command = "", script = ""]: Command): readonly string[] {
  if (command !== "run") return NPM.has(command) ? [] : [`npm has no command ${command} that a page needs`];
  // `npm run test:*`, in a sentence, stands for several.
  const scripts = scriptsFor(page);
  return scripts.has(script) ? [] : [`no package.json beside this page has a script ${script}`];
}

/** The scripts of the project, and for the pages of examples those of the examples. */
function scriptsFor(page: string): ReadonlySet<string> {
  const folders = [".", ...(page.startsWith("examples/") ? [dirname(page), ...foldersIn("examples")] : [])];
  return new Set(
    folders.flatMap((folder) => {
      const manifest = join(ROOT, folder, "package.json");
      return existsSync(manifest) ? Object.keys(JSON.parse(readFileSync(manifest, "utf8")).scripts ?? {}) : [];
    }),
  );
}

const foldersIn = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((each) =>
    each.isDirectory() ? [`${folder}/${each.name}`] : [],
  );

const vitestProblems = (args: Command): readonly string[] =>
  args.filter((arg) => arg.startsWith("test/") && !existsSync(join(ROOT, arg))).map((path) => `there is no ${path}`);

/** Reads a line as the command itself does, up to its first call of AWS. */
async function operatorProblems(args: Command): Promise<readonly string[]> {
  const command = args.find(
    (arg, index) =>
      !arg.startsWith("-") && !/^--(stack|relay|region|profile|endpoint-url)$/.test(args[index - 1] ?? ""),
  );
  if (command === undefined) return [];
  const { text: help } = await operator([command, "--help"]);
  if (!help.startsWith(`Usage: outbox-relay ${command}`)) return [`outbox-relay has no command ${command}`];
  // A command that works on no deployed relay would begin its work: its options are held against its help.
  if (!SESSION.has(command)) {
    return args.flatMap((arg) =>
      arg.startsWith("--") && !help.includes(arg.split("=")[0] ?? arg) ? [`no option ${arg}`] : [],
    );
  }
  // The last endpoint counts: a page may name one where somebody listens.
  const read = await operator([...args, "--endpoint-url", NOWHERE]);
  return read.exitCode === EXIT.misuse ? [`outbox-relay ${args.join(" ")}: ${read.text.trim()}`] : [];
}

/** The commands that open a session with a deployed relay before they do anything. */
const SESSION = new Set([
  ...["status", "list", "show", "doctor", "tail", "journal", "dashboard"],
  ...["audit", "replay", "retry", "quarantine", "release", "discard", "pause", "resume", "put"],
]);

const operator = once(async (args: readonly string[]) => {
  const out = new Collector();
  const exitCode = await run(args, { stdout: out, stderr: out, environment: {}, stopped: () => false });
  return { exitCode, text: out.text };
});

/** The CDK's help for a command. */
const cdkHelp = once(async (command: string): Promise<string> => {
  const cdk = join(ROOT, "node_modules", "aws-cdk", "bin", "cdk");
  return (await execute(process.execPath, [cdk, command, "--help"], { cwd: ROOT })).stdout;
});

/** Asks once for each question: pages repeat their commands. */
function once<Question, Answer>(ask: (question: Question) => Promise<Answer>): (question: Question) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>();
  return (question) => {
    const key = JSON.stringify(question);
    const answer = answers.get(key) ?? ask(question);
    answers.set(key, answer);
    return answer;
  };
}

async function cdkProblems([command = "", ...args]: Command): Promise<readonly string[]> {
  const help = await cdkHelp(command);
  if (!help.startsWith(`cdk ${command}`)) return [`the CDK has no command ${command}`];
  const options = args.flatMap((arg) => {
    const name = /^(--?[\w-]+)/.exec(arg)?.[1];
    return name === undefined || new RegExp(`(^|[\\s,])${name}\\b`, "m").test(help)
      ? []
      : [`cdk ${command} has no option ${name}`];
  });
  return [...options, ...args.flatMap(contextProblems)];
}

/** Settings that are written out are read as the app reads them. */
function contextProblems(arg: string): readonly string[] {
  const json = /^outboxRelay=(\{.*\})$/s.exec(arg)?.[1];
  if (json === undefined || json.includes("...")) return [];
  try {
    readAppSettings(json);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}
