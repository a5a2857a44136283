import type { AsideEvent, AsidePlace } from "../journal.ts";
import type { Journal } from "../operator-ports.ts";

const PAGE = 200;

/** The events that operators have set aside in one place, oldest first, page by page. */
export async function* asidePages(
  journal: Pick<Journal, "aside">,
  place: AsidePlace,
): AsyncGenerator<readonly AsideEvent[]> {
  let after: string | undefined;
  do {
    const page = await journal.aside(place, after, PAGE);
    yield page.events;
    after = page.next;
  } while (after !== undefined);
}

/** Reads all events that operators have set aside. `afterPage` may throw to end it. */
export async function readAside(
  journal: Pick<Journal, "aside">,
  see: (event: AsideEvent) => void,
  afterPage: () => void,
): Promise<void> {
  // An event that is discarded meanwhile goes from the first place to the second one, and never back.
  for (const place of ["quarantined", "discarded"] satisfies readonly AsidePlace[]) {
    for await (const events of asidePages(journal, place)) {
      events.forEach(see);
      afterPage();
    }
  }
}
