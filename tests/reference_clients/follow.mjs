// One operation through a reference client: node follow.mjs PROTOCOL URL JSON. Prints what it learns, a line each.
import { createClient as createStreamClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";

const [protocol, url, asked] = process.argv.slice(2);
const { query, variables, token, headers, retryAttempts = 20 } = JSON.parse(asked);
const authorization = token ? { authorization: `Bearer ${token}` } : {};
const tell = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const patience = { retryAttempts, retryWait: () => pause(), retry: () => pause() };
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

const client =
  protocol === "websocket"
    ? createSocketClient({
        url: url.replace("http", "ws"),
        webSocketImpl: WebSocket,
        connectionParams: { ...authorization, ...headers },
        shouldRetry: () => true,
        ...patience,
        on: { closed: ({ code, reason }) => tell({ closed: code, reason: String(reason) }) },
      })
    : createStreamClient({ url, headers: { ...authorization, ...headers }, ...patience });

client.subscribe(
  { query, variables },
  {
    next: (result) => tell({ next: result }),
    error: (failure) => {
      if (failure?.response) tell({ refused: failure.response.status });
      else tell({ error: failure?.code ? { code: failure.code, reason: failure.reason } : failure });
      void client.dispose();
    },
    complete: () => {
      tell({ complete: true });
      void client.dispose();
    },
  },
);
