import { access, writeFile } from "node:fs/promises";
import { type Browser, type Page as BrowserPage, chromium } from "playwright-core";
import { LocalRunError } from "../../lib/local/local-run-error.ts";
import { withDigest } from "./picture-digest.ts";

/** The paths of Chromium on Debian and elsewhere. */
const CHROMIUMS = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Only the page: no background requests, and no sandbox, which containers do not allow. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const WIDTH = 1_560;
/** The rows after the graphs about events are for investigating; a picture would show them too small to read. */
const PICTURE_ENDS_BEFORE = "section.text:has(h2:text-is('Functions'))";
const DRAWN_WITHIN_MS = 20_000;

/** @throws LocalRunError if no Chromium is installed. */
export async function launchBrowser(): Promise<Browser> {
  for (const executablePath of CHROMIUMS) {
    const isThere = await access(executablePath).then(
      () => true,
      () => false,
    );
    if (isThere) return chromium.launch({ executablePath, headless: true, args: FLAGS });
  }
  throw new LocalRunError(
    `No Chromium is installed: looked for ${CHROMIUMS.join(", ")}. On Debian: apt-get install chromium.`,
  );
}

/** Opens the page and waits until every widget is drawn. Adds errors in its console to the list. */
export async function openPage(browser: Browser, url: string, errors: string[]): Promise<BrowserPage> {
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 1_000 }, deviceScaleFactor: 1 });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  await page.goto(url);
  await page.waitForSelector("body[data-refreshes]", { timeout: DRAWN_WITHIN_MS });
  return page;
}

/** Writes the upper part of the page as a PNG: the snapshots of the run, and the graphs about events. */
export async function takePicture(url: string, file: string, digest: string): Promise<void> {
  const browser = await launchBrowser();
  try {
    const errors: string[] = [];
    const page = await openPage(browser, url, errors);
    if (errors.length > 0) throw new LocalRunError(`The page has errors in its console: ${errors.join("; ")}`);
    const end = await page.locator(PICTURE_ENDS_BEFORE).boundingBox();
    const clip = { x: 0, y: 0, width: WIDTH, height: Math.floor(end?.y ?? 0) };
    await writeFile(file, withDigest(await page.screenshot({ fullPage: true, clip }), digest));
  } finally {
    await browser.close();
  }
}
