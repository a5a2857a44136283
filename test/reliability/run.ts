/** What was counted, by its name, in the order in which it is shown. */
export type Figures = Readonly<Record<string, number>>;

/** The last run of a suite that was asked for `--record`. docs/reliability.json holds it. */
export interface Run {
  /** As it was typed, without `--record`. */
  readonly command: string;
  readonly passed: boolean;
  /** When it began: ISO 8601, UTC. */
  readonly began: string;
  readonly seconds: number;
  readonly commit: string;
  /** Whether files differed from that commit. */
  readonly changed: boolean;
  readonly node: string;
  readonly cores: number;
  readonly figures: Figures;
  /** What the figures are made of, by a title. */
  readonly details: Readonly<Record<string, Figures>>;
}

/** The last run of each suite that has been recorded. */
export type Runs = Readonly<Partial<Record<SuiteName, Run>>>;

/** How a run of each suite is recorded. The page shows them in this order, and says of each whether it has been. */
export const SUITES = {
  storms: "npm run sim -- --record",
  "a million events": "npm run sim -- --events 1000000 --record",
  "small worlds": "npm run sim:exhaustive -- --all --record",
  "wrong variants": "npm run sim:mutants -- --record",
  "wrong variants, unit tests": "npm run unit:mutants -- --record",
  "foreign rows": "npm run foreign -- --record",
  soak: "npm run soak -- --minutes 60 --record",
  "test:unit": "npm run record -- test:unit",
  "test:infra": "npm run record -- test:infra",
  "test:e2e": "npm run record -- test:e2e",
  "test:ordered": "npm run record -- test:ordered",
  "test:archive": "npm run record -- test:archive",
  "test:dashboard": "npm run record -- test:dashboard",
  "test:targets": "npm run record -- test:targets",
  "test:engines": "npm run record -- test:engines",
  "test:example": "npm run record -- test:example",
  "test:package": "npm run record -- test:package",
} as const;

export type SuiteName = keyof typeof SUITES;

export const SUITE_NAMES = Object.keys(SUITES) as readonly SuiteName[];
