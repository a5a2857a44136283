import { parseArgs } from "node:util";

export type DashboardCommand =
  | { readonly kind: "run"; readonly options: DashboardOptions }
  | { readonly kind: "help" }
  | { readonly kind: "refused"; readonly message: string };

export interface DashboardOptions {
  /** The picture's file; after writing it the run ends. @default no picture: the page stays up */
  readonly picture?: string;
}

export const HELP = `Shows the dashboard of the deployed stack on this machine, over a local run with an outage.

Usage: npm run dashboard -- [options]

  --picture FILE   write the page as a PNG when the run is over, and end (needs Chromium)
  --help           this text

The page is served on 127.0.0.1 alone, and refreshes by itself. It draws the synthesized dashboard, widget by widget, from
the embedded metrics and the log lines that the functions wrote. It needs what npm start needs, and no AWS account.
`;

/** Reads the command line. Refusals are one line for the person who typed it. */
export function readDashboardCommand(args: readonly string[]): DashboardCommand {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { picture: { type: "string" }, help: { type: "boolean", short: "h" } },
    });
    if (values.help === true) return { kind: "help" };
    const { picture } = values;
    if (picture !== undefined && !picture.endsWith(".png")) {
      return {
        kind: "refused",
        message: `--picture is ${JSON.stringify(picture)}: it must be a file that ends in .png.`,
      };
    }
    return { kind: "run", options: picture === undefined ? {} : { picture } };
  } catch (error) {
    const [message = ""] = String((error as Error).message).split(/\. |\n/);
    return { kind: "refused", message: `${message.replace(/\.$/, "")}; --help lists the options.` };
  }
}
