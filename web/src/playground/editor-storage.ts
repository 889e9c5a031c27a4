import { EVERY_STEP } from "./steps/every-step";
import { FRESH } from "./steps/stay";

const FINGERPRINT_KEY = "innkeeper:journey-tabs";
const EDITOR_KEYS = "graphiql:";
const PANEL_WIDTH_KEY = "graphiql:docExplorerFlex";
const KEPT_FOR_GOOD = new Set(["graphiql:theme"]);

/**
 * Where GraphiQL keeps its state: tabs and history, which hold passwords, only as long as this browser tab lives;
 * the theme for good.
 */
export function editorStorage(): Storage {
  dropOutdatedTabs();
  const placeOf = (key: string) => (KEPT_FOR_GOOD.has(key) ? localStorage : sessionStorage);
  return {
    get length() {
      return editorKeys().length;
    },
    key: (index) => editorKeys()[index] ?? null,
    getItem: (key) => placeOf(key).getItem(key),
    setItem: (key, value) => placeOf(key).setItem(key, value),
    removeItem: (key) => placeOf(key).removeItem(key),
    clear: () => {
      for (const key of [...editorKeys(), ...KEPT_FOR_GOOD]) placeOf(key).removeItem(key);
    },
  };
}

/** Tabs of an older build, or with dates of another month, give way to today's. */
function dropOutdatedTabs(): void {
  const fingerprint = JSON.stringify(EVERY_STEP).replaceAll(FRESH, "");
  if (sessionStorage.getItem(FINGERPRINT_KEY) === fingerprint) return;
  for (const key of editorKeys()) sessionStorage.removeItem(key);
  sessionStorage.setItem(FINGERPRINT_KEY, fingerprint);
  sessionStorage.setItem(PANEL_WIDTH_KEY, "0.24");
}

function editorKeys(): string[] {
  return Object.keys(sessionStorage).filter((key) => key.startsWith(EDITOR_KEYS));
}
