import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Page } from "./page-model.ts";

const fileBeside = (name: string): string => fileURLToPath(new URL(`page/${name}`, import.meta.url));

interface Asset {
  readonly type: string;
  readonly content: string;
}

/** Serves the page, and its data as JSON, on 127.0.0.1 and a free port. */
export class PageServer {
  readonly #server: Server;
  readonly port: number;

  private constructor(server: Server) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(page: () => Page): Promise<PageServer> {
    const assets = await bundledAssets();
    const server = createServer((request, response) => {
      const refused = refusalOf(request);
      if (refused !== undefined) {
        response.writeHead(400, { "content-type": "text/plain" }).end(`${refused}\n`);
        return;
      }
      const path = pathOf(request);
      const asset = path === "/page.json" ? jsonOf(page()) : assets.get(path);
      if (asset === undefined) {
        response.writeHead(404, { "content-type": "text/plain" }).end("There is nothing here.\n");
        return;
      }
      response.writeHead(200, { "content-type": asset.type, "cache-control": "no-store" }).end(asset.content);
    });
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(0, "127.0.0.1", resolve);
    });
    return new PageServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }
}

const LOCAL_HOST = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/i;

/**
 * Why a request is refused; undefined if it is not. Any web page can make a browser send requests here under a host
 * name of its own that resolves to this address; Host is that name then.
 */
function refusalOf({ url = "", headers: { host = "" } }: IncomingMessage): string | undefined {
  if (!LOCAL_HOST.test(host)) return `Host is ${JSON.stringify(host)}: ask for 127.0.0.1 or localhost.`;
  // `//` and `*` are not paths: a URL made from them would name another host, or be invalid.
  return /^\/(?!\/)/.test(url) ? undefined : `The path is ${JSON.stringify(url)}: it must begin with one slash.`;
}

const pathOf = ({ url = "/" }: IncomingMessage): string => url.replace(/[?#].*$/s, "");

const jsonOf = (page: Page): Asset => ({ type: "application/json", content: JSON.stringify(page) });

async function bundledAssets(): Promise<ReadonlyMap<string, Asset>> {
  const { outputFiles } = await build({
    entryPoints: [fileBeside("page.ts")],
    outdir: "page",
    bundle: true,
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  const bundled = (ending: string) => outputFiles.find(({ path }) => path.endsWith(ending))?.text ?? "";
  return new Map([
    ["/", { type: "text/html; charset=utf-8", content: await readFile(fileBeside("index.html"), "utf8") }],
    ["/page.js", { type: "text/javascript; charset=utf-8", content: bundled(".js") }],
    ["/page.css", { type: "text/css; charset=utf-8", content: bundled(".css") }],
    // Browsers request an icon, and a missing one is an error in their console.
    ["/favicon.ico", { type: "image/x-icon", content: "" }],
  ]);
}
