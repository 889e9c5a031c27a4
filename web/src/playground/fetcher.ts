import { createGraphiQLFetcher, type Fetcher } from "@graphiql/toolkit";
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
    const answer = await transport(request, options);
    if ("data" in answer && isRecord(answer.data)) {
      onAnswer({ operation: request.operationName ?? undefined, variables: request.variables, data: answer.data });
    }
    return answer;
  };
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
