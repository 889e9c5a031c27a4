export const GRAPHQL_URL = "/graphql";

/** fetch, but an answer that is no JSON is an error a person can read, instead of a parser's complaint. */
export async function fetchJson(url: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: "omit" });
  } catch (failure) {
    throw new Error(`The gateway does not answer: ${failure instanceof Error ? failure.message : String(failure)}`);
  }
  const type = response.headers.get("content-type") ?? "nothing";
  if (!type.includes("json")) {
    const text = (await response.text()).trim().slice(0, 200);
    throw new Error(`The gateway answered ${response.status} with ${type}${text ? `: ${text}` : ""}`);
  }
  return response;
}

interface Refusal {
  code: string;
  message: string;
}

/** Sends one of the playground's own operations; answers the success member of its only root field. */
export async function send<Success>(query: string, variables: object, accessToken?: string): Promise<Success> {
  const response = await fetchJson(GRAPHQL_URL, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
      ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
    },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as {
    data?: Record<string, Success | Refusal | null> | null;
    errors?: { message: string }[];
  };
  if (errors?.length) throw new Error(errors.map((error) => error.message).join("; "));
  const result = Object.values(data ?? {})[0];
  if (!result) throw new Error("The gateway answered without a result.");
  if (isRefusal(result)) throw new Refused(result.code, result.message);
  return result;
}

/** A UserError of the API. */
export class Refused extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export function isRefusal(result: unknown): result is Refusal {
  return typeof result === "object" && result !== null && "code" in result && "message" in result;
}
