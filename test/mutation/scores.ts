import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Scores } from "./verdict.ts";

export const SCORES = join(import.meta.dirname, "scores.json");

export const recordedScores = (): Scores => JSON.parse(readFileSync(SCORES, "utf8")) as Scores;
