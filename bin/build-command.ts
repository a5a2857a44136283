import { buildCommand } from "../lib/cdk/build/command-bundle.ts";

await buildCommand();
