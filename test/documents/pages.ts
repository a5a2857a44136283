import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

const below = (folder: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((path) => `${folder}/${path}`)
    .filter((path) => path.endsWith(".md") && !path.includes("node_modules") && !path.includes("cdk.out"));

/** Every page that a user or a contributor reads, as a path from the project's root. */
export const PAGES: readonly string[] = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  ...below("docs"),
  ...below("examples"),
];

export const readPage = (page: string): string => readFileSync(join(ROOT, page), "utf8");
