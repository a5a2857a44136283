/** A suite of tests, as a command of its own. */
export interface Suite {
  readonly name: string;
  readonly command: readonly string[];
  /** The command that also writes what it counted into docs/reliability.md. @default there is none */
  readonly recorded?: readonly string[];
  /** Suites that write to the same place of the checkout take turns. @default they write to no place that others use */
  readonly writes?: string;
}

/**
 * A queue of suites. `width` of them run at once; the longest come first, and those that write to one place stand apart, or one
 * would hold a place in which nothing runs.
 */
export interface Group {
  readonly width: number;
  readonly suites: readonly Suite[];
}

const vitest = (...projects: readonly string[]) => [
  ...["npx", "--no-install", "vitest", "run"],
  ...projects.flatMap((project) => ["--project", project]),
];
const script = (name: string, ...args: readonly string[]) => [
  ...["npm", "run", name],
  ...(args.length > 0 ? ["--", ...args] : []),
];

/** Scripts of package.json that run vitest. */
const recorded = (...names: readonly string[]) => script("record", ...names);
const tests = (name: string) => ({ command: script(name), recorded: recorded(name) });

/** On the functions' Node.js, which takes half of the time that Node.js 20 takes for them. */
const simulation = (program: string, ...recordedArgs: readonly string[]) => {
  const run = (...args: readonly string[]) =>
    script("node24", "--import", "tsx", `test/simulation/${program}.ts`, ...args);
  return { command: run(), recorded: run(...recordedArgs, "--record") };
};

/** What `npm test` runs. The end-to-end tests mostly wait, so they run beside those that compute. */
export const QUICK: readonly Group[] = [
  {
    width: 1,
    suites: [
      {
        name: "unit and infrastructure",
        command: vitest("unit", "infra"),
        recorded: recorded("test:unit", "test:infra"),
      },
      { name: "10,000 simulated storms", command: vitest("simulation") },
    ],
  },
  { width: 1, suites: [{ name: "the deployed app, end to end", ...tests("test:e2e") }] },
];

/** What `npm run test:all` runs after it: at most two suites at once that compute, and one that mostly waits. */
export const LONG: readonly Group[] = [
  {
    width: 2,
    suites: [
      { name: "lint", command: script("lint") },
      { name: "types", command: script("types") },
      { name: "the packed package in every toolchain", ...tests("test:package"), writes: "dist" },
      { name: "100,000 simulated storms", ...simulation("main") },
      { name: "every target against its real server", ...tests("test:targets") },
      {
        name: "the packed package: example, writers, fresh project, docs/local.md",
        ...tests("test:example"),
        writes: "dist",
      },
      { name: "every interleaving of small worlds", ...simulation("exhaustive/main", "--all") },
      { name: "wrong variants of the protocol", ...simulation("mutants/main") },
      { name: "release assets by the AWS CLI alone", command: script("test:assets"), writes: "dist" },
      { name: "known vulnerabilities, where the registry tells", command: script("test:dependencies"), writes: "dist" },
      { name: "unit tests on the functions' Node.js", command: script("test:node24") },
      { name: "templates (cdk-nag, cfn-lint)", command: script("lint:templates"), writes: "dist" },
      {
        name: "wrong variants that unit tests find",
        command: script("unit:mutants"),
        recorded: script("unit:mutants", "--record"),
      },
      { name: "small mistakes in the files that changed", command: script("mutation", "--changed", "--minutes", "5") },
      { name: "port contracts on DynamoDB Local", ...tests("test:engines") },
      { name: "the dashboard in a browser", command: script("test:browser") },
      { name: "what a batch costs in calls and CPU", command: script("bench:gate") },
    ],
  },
  {
    width: 1,
    suites: [
      { name: "every number of the dashboard in a real run", ...tests("test:dashboard") },
      { name: "five minutes in which everything around it fails", command: script("soak", "--minutes", "5") },
      { name: "order per key through faults, an outage and kills", ...tests("test:ordered") },
      { name: "an audit and a replay over the archive of the deployed app", ...tests("test:archive") },
      { name: "npm start", command: ["npm", "start"] },
    ],
  },
];

/** The same suites, each by the command that records it, where there is one. */
export const recording = (groups: readonly Group[]): readonly Group[] =>
  groups.map((group) => ({
    ...group,
    suites: group.suites.map((suite) => ({ ...suite, command: suite.recorded ?? suite.command })),
  }));
