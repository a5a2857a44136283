import { buildCommand } from "../lib/cdk/command-bundle.ts";

await buildCommand();
