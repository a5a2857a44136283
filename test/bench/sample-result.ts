import type { Result } from "../../bench/report/result.ts";
import type { Row } from "../../bench/workload.ts";

export const row: Row = {
  name: "relay-unordered",
  unit: "ms",
  ours: { median: 200, min: 190, max: 260 },
  against: { name: "bare HTTP", value: { median: 100, min: 95, max: 110 } },
  ratio: { median: 2, min: 1.9, max: 2.4 },
  goal: { atMost: 2 },
  cpuMicrosPerEvent: { ours: 80, against: 10 },
  stubHeadroom: 6,
  note: "The target answers after 20 ms.",
};

export const faster: Row = {
  ...row,
  name: "relay-vs-others",
  goal: { atLeast: 5 },
  ratio: { median: 4, min: 3, max: 5 },
};

export const result: Result = {
  command: "npm run bench -- --write",
  node: "v24.0.0",
  machine: { cores: 2, cpu: "Some CPU", pinned: true, loadBefore: 0.25 },
  workloads: [{ name: "relay", about: "What is done.", rows: [row, faster] }],
};
