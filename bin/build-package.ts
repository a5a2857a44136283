import { buildPackageModules } from "../lib/cdk/build/package-modules.ts";
import { outliveReader } from "../lib/local/closed-output.ts";

outliveReader();
await buildPackageModules();
