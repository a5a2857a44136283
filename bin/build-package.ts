import { buildPackageModules } from "../lib/cdk/build/package-modules.ts";

await buildPackageModules();
