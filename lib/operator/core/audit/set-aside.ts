import type { AsideEvent, AsidePlace } from "../journal.ts";
import type { Journal } from "../operator-ports.ts";

const PAGE = 200;

/** Reads all events that operators have set aside, page by page. `afterPage` may throw to end it. */
export async function readAside(
  journal: Pick<Journal, "aside">,
  see: (event: AsideEvent) => void,
  afterPage: () => void,
): Promise<void> {
  // An event that is discarded meanwhile goes from the first place to the second one, and never back.
  for (const place of ["quarantined", "discarded"] satisfies readonly AsidePlace[]) {
    let after: string | undefined;
    do {
      const page = await journal.aside(place, after, PAGE);
      page.events.forEach(see);
      after = page.next;
      afterPage();
    } while (after !== undefined);
  }
}
