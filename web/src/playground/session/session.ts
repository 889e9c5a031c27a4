import { Refused, send } from "../gateway";
import { notice, words } from "../notices";
import { Store } from "../store";
import createDocument from "./create.graphql?raw";
import refreshDocument from "./refresh.graphql?raw";
import revokeDocument from "./revoke.graphql?raw";

export interface Person {
  name: string;
  email: string;
  role: string;
}

export interface Session {
  accessToken: string;
  refreshToken: string;
  accessExpiresAt: string;
  viewer?: Person | null;
}

const REFRESH_AHEAD_MS = 60_000;
const TRY_AGAIN_MS = 15_000;

export const session = new Store<Session | null>(null, "innkeeper:session");

let timer: ReturnType<typeof setTimeout> | undefined;
let refreshing: Promise<void> | undefined;

export async function signIn(email: string, password: string): Promise<void> {
  adopt(await send<Session>(createDocument, { input: { email, password } }));
}

/** Takes over a session that this page or an operation in a tab has opened. */
export function adopt(opened: Session): void {
  session.set(opened);
  notice.set("");
  schedule();
}

export async function signOut(): Promise<void> {
  const ended = session.get();
  forget();
  if (!ended) return;
  try {
    await send(revokeDocument, { input: {} }, ended.accessToken);
  } catch (failure) {
    notice.set(`Signed out here, but the gateway did not end the session: ${words(failure)}`);
  }
}

/** The token to send now, refreshed first if it is about to expire; null when nobody is signed in. */
export async function currentToken(): Promise<string | null> {
  if (millisecondsLeft() < REFRESH_AHEAD_MS / 2) await refresh();
  return session.get()?.accessToken ?? null;
}

/** Goes on with a session that outlived a reload. */
export function resume(): void {
  if (session.get()) schedule();
}

/** A refresh token is good for one use, so two refreshes never run at once. */
function refresh(): Promise<void> {
  refreshing ??= exchange().finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function exchange(): Promise<void> {
  const old = session.get();
  if (!old) return;
  try {
    const fresh = await send<Session>(refreshDocument, { input: { refreshToken: old.refreshToken } });
    // Whoever signed out or in meanwhile has the last word.
    if (session.get()?.refreshToken === old.refreshToken) adopt({ ...fresh, viewer: fresh.viewer ?? old.viewer ?? null });
  } catch (failure) {
    if (failure instanceof Refused) {
      if (session.get()?.refreshToken === old.refreshToken) forget();
      notice.set(`The session has ended, please sign in again: ${failure.message}`);
    } else {
      notice.set(`The session could not be refreshed, trying again soon: ${words(failure)}`);
      schedule(TRY_AGAIN_MS);
    }
  }
}

function schedule(delay = Math.max(millisecondsLeft() - REFRESH_AHEAD_MS, TRY_AGAIN_MS)): void {
  clearTimeout(timer);
  if (Number.isFinite(delay)) timer = setTimeout(() => void refresh(), delay);
}

function forget(): void {
  clearTimeout(timer);
  session.set(null);
}

/** Infinite for a session that does not say when it expires. */
function millisecondsLeft(): number {
  const expiry = Date.parse(session.get()?.accessExpiresAt ?? "");
  return Number.isNaN(expiry) ? Infinity : expiry - Date.now();
}
