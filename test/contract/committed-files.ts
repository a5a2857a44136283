import { readdirSync } from "node:fs";

const NOT_OURS = new Set(["node_modules", "dist", "coverage", "cdk.out"]);

/** The project's own files, as paths from its root. Files of tools and installs are left out. */
export function committedFiles(folder = "."): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name.startsWith(".") || NOT_OURS.has(entry.name)) return [];
    const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
    return entry.isDirectory() ? committedFiles(path) : [path];
  });
}
