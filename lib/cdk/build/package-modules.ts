import { execFile } from "node:child_process";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { PACKAGE_ROOT } from "../functions/bundles.ts";

/** The entries that services import: each is there as CommonJS and as ES modules. */
const SERVICE_ENTRIES = ["client", "consumer", "testing"] as const;
/**
 * The constructs are there once, as CommonJS like aws-cdk-lib itself: an app that imports them and a library of its that
 * requires them have one class.
 */
const CONSTRUCTS = "cdk";
const OWN_FOLDER = join("cdk", "functions", "own-folder.cjs");

/**
 * Compiles the package's modules into `dist/commonjs` and `dist/module`. The types are there once, beside the CommonJS: so a
 * class has one type, whichever copy of it a project's modules import.
 *
 * @throws an error with the compiler's messages, where something does not compile; the file system's, where `dist` cannot be
 * written to.
 */
export async function buildPackageModules(root: string = PACKAGE_ROOT): Promise<void> {
  const dist = join(root, "dist");
  const [commonjs, module] = [join(dist, "commonjs"), join(dist, "module")];
  await Promise.all(
    ["lib", "commonjs", "module"].map((each) => rm(join(dist, each), { recursive: true, force: true })),
  );
  // Where they cannot be written to, the compiler has a line for each file; this has one, with a code.
  for (const folder of [commonjs, module]) await mkdir(folder, { recursive: true });
  await compile(root, "tsconfig.commonjs.json");
  await compile(root, "tsconfig.build.json");
  await copyFile(join(root, "lib", OWN_FOLDER), join(commonjs, OWN_FOLDER));
  await nameKind(commonjs, "commonjs");
  await nameKind(module, "module");
  await nameCompiledFiles(commonjs);
  for (const entry of SERVICE_ENTRIES) {
    await writeFile(join(module, entry, "index.d.ts"), `export * from "../../commonjs/${entry}/index.js";\n`);
  }
  await wrapConstructs(commonjs, module);
}

/** What Node takes the files of a folder for; and a bundler may leave out those of which nothing is used. */
function nameKind(folder: string, type: "commonjs" | "module"): Promise<void> {
  return writeFile(join(folder, "package.json"), `${JSON.stringify({ type, sideEffects: false })}\n`);
}

/** The compiler rewrites the extension `.ts` in code but not in declarations, where only newer compilers follow it. */
async function nameCompiledFiles(folder: string): Promise<void> {
  for (const file of await readdir(folder, { recursive: true })) {
    if (!file.endsWith(".d.ts")) continue;
    const declarations = await readFile(join(folder, file), "utf8");
    await writeFile(join(folder, file), declarations.replaceAll(/(\bfrom |\bimport\()"(\.[^"]+)\.ts"/g, '$1"$2.js"'));
  }
}

/** Named exports, which an ES module's importer needs, of the one CommonJS implementation. */
async function wrapConstructs(commonjs: string, module: string): Promise<void> {
  const implementation = join(commonjs, CONSTRUCTS, "index.js");
  const names = [...(await readFile(implementation, "utf8")).matchAll(/^Object\.defineProperty\(exports, "(\w+)"/gm)]
    .map(([, name = ""]) => name)
    .filter((name) => name !== "__esModule");
  if (names.length === 0) throw new Error(`${implementation} exports nothing`);
  const from = `"../../commonjs/${CONSTRUCTS}/index.js"`;
  await mkdir(join(module, CONSTRUCTS), { recursive: true });
  await writeFile(join(module, CONSTRUCTS, "index.js"), `export { ${names.join(", ")} } from ${from};\n`);
  await writeFile(join(module, CONSTRUCTS, "index.d.ts"), `export * from ${from};\n`);
}

async function compile(root: string, project: string): Promise<void> {
  const tsc = join(root, "node_modules", ".bin", "tsc");
  try {
    await promisify(execFile)(tsc, ["-p", project], { cwd: root });
  } catch (error) {
    const { stdout = "" } = error as { readonly stdout?: string };
    throw new Error(`${project} does not compile:\n${stdout}`, { cause: error });
  }
}
