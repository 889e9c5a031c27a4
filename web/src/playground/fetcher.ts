import { createGraphiQLFetcher, type Fetcher, isAsyncIterable } from "@graphiql/toolkit";
import { createClient } from "graphql-ws";

import { fetchJson, GRAPHQL_URL } from "./gateway";
import { notice } from "./notices";
import { currentToken, session } from "./session/session";

export interface Answer {
  operation: string | undefined;
  variables: unknown;
  data: Record<string, unknown>;
}

const NORMAL_CLOSURE = 1000;
const CONNECTION_LOST = "The live connection closed";

const socketUrl = new URL(GRAPHQL_URL, window.location.href);
socketUrl.protocol = socketUrl.protocol === "https:" ? "wss:" : "ws:";

const socket = createClient({
  url: socketUrl.href,
  connectionParams: async () => {
    const token = await currentToken();
    return token ? { Authorization: `Bearer ${token}` } : {};
  },
  retryAttempts: 3,
  on: {
    connected: () => {
      if (notice.get().startsWith(CONNECTION_LOST)) notice.set("");
    },
    closed: (event) => {
      const { code, reason } = event as CloseEvent;
      if (code !== NORMAL_CLOSURE) notice.set(`${CONNECTION_LOST} (${code}${reason ? `, ${reason}` : ""}).`);
    },
  },
});

let socketOwner = session.get()?.viewer?.email;
session.subscribe(() => {
  const owner = session.get()?.viewer?.email;
  // A socket belongs to whoever opened it; the client opens another one for its running subscriptions.
  if (owner !== socketOwner) socket.terminate();
  socketOwner = owner;
});

/** Queries and mutations by HTTP, subscriptions by WebSocket, both in the name of whoever is signed in. */
export function playgroundFetcher(onAnswer: (answer: Answer) => void): Fetcher {
  const transport = createGraphiQLFetcher({
    url: GRAPHQL_URL,
    fetch: authorizedFetch,
    wsClient: socket,
    enableIncrementalDelivery: false,
  });
  return async (request, options) => {
    const note = (answer: unknown) => {
      if (!isRecord(answer) || !isRecord(answer.data)) return;
      onAnswer({ operation: request.operationName ?? undefined, variables: request.variables, data: answer.data });
    };
    const answer = await readable(() => Promise.resolve(transport(request, options)));
    if (isAsyncIterable(answer)) return noted(answer, note);
    note(answer);
    return answer;
  };
}

/** The same results, each noted in passing. No generator: ending it must reach a source that is still waiting. */
function noted<Result>(results: AsyncIterable<Result>, note: (result: Result) => void): AsyncIterable<Result> {
  const source = results[Symbol.asyncIterator]();
  const iterator: AsyncIterator<Result> = {
    next: async () => {
      const step = await readable(() => source.next());
      if (!step.done) note(step.value);
      return step;
    },
    return: async () => (await source.return?.()) ?? { done: true, value: undefined },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}

/** The response editor prints a failure as JSON: a browser's event would be empty there, a stack trace only noise. */
async function readable<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof Event) throw withoutStack(new Error("The gateway does not accept a live connection."));
    throw failure instanceof Error ? withoutStack(failure) : failure;
  }
}

function withoutStack(error: Error): Error {
  delete error.stack;
  return error;
}

async function authorizedFetch(url: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const headers = new Headers(init?.headers);
  // What a person types into the headers editor goes first.
  if (!headers.has("authorization")) {
    const token = await currentToken();
    if (token) headers.set("authorization", `Bearer ${token}`);
  }
  return fetchJson(url, { ...init, headers });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
