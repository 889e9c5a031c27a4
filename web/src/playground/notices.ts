import { Store } from "./store";

/** The one line under the header that says what went wrong outside the response editor; empty when nothing did. */
export const notice = new Store<string>("");

export function words(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
