/** A block of a page that no test can check. It names its page and the heading above it, and why. */
interface Unchecked {
  readonly page: string;
  readonly heading: string;
  /** Its first words. */
  readonly begins: string;
  readonly why: string;
}

const DRAWING = "a drawing, which nobody runs";
const DUCKDB = "SQL for DuckDB, which nothing here installs: run by hand over made objects, as the page says";
const STEPS = "steps in words; the simulation runs the code that they tell of";

/** Every block that `test/documents/snippets.test.ts` does not check. It fails for one that is not here, or not in its page. */
export const UNCHECKED: readonly Unchecked[] = [
  { page: "README.md", heading: "dynamodb-outbox-relay", begins: " your service", why: DRAWING },
  { page: "docs/architecture.md", heading: "The path of an event", begins: " a service", why: DRAWING },
  { page: "docs/protocol.md", heading: "Ordered events", begins: "ceiling = the highest", why: STEPS },
  { page: "docs/protocol.md", heading: "Ordered events", begins: "take the lease", why: STEPS },
  {
    page: "docs/duplicates.md",
    heading: "How to read the rate",
    begins: "duplicates",
    why: "what a command prints; test/operator/cli/status.test.ts compares it",
  },
  {
    page: "docs/audit.md",
    heading: "A story",
    begins: "Not all accounted for",
    why: "what a command prints; test/operator/cli/audit.test.ts compares it",
  },
  {
    page: "docs/replay.md",
    heading: "A story",
    begins: "acknowledged  2026-11-28",
    why: "what a command prints; test/operator/cli/replay.test.ts compares it",
  },
  { page: "docs/audit.md", heading: "Personal data", begins: "SELECT DISTINCT filename", why: DUCKDB },
  {
    page: "docs/audit.md",
    heading: "Personal data",
    begins: 'gzip -dc "$FILE"',
    why: "programs of the reader's own machine: run by hand over a made object",
  },
  ...["CREATE VIEW lines", "SELECT type, count(DISTINCT (pk", "SELECT met.id", "SELECT pk, sk, id"].map((begins) => ({
    ...{ page: "docs/audit.md", heading: "With DuckDB, over copied files", begins, why: DUCKDB },
  })),
  {
    page: "docs/audit.md",
    heading: "With Athena, not run on AWS",
    begins: "CREATE EXTERNAL TABLE",
    why: "Athena is not run here, as the page says",
  },
  {
    page: "docs/cloudformation.md",
    heading: "Terraform",
    begins: "locals {",
    why: "Terraform is not run here, as the page says, and nothing here reads HCL",
  },
  {
    page: "examples/orders/README.md",
    heading: "An order service and a stock service",
    begins: "PUT /orders",
    why: DRAWING,
  },
];
