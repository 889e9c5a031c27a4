/** What one step finds out and a later one needs. The own house is the one that the signed-in hotelier is at work on. */
export type Fact =
  | "email"
  | "password"
  | "hotelId"
  | "roomTypeId"
  | "ratePlanId"
  | "suggestedHotelId"
  | "extraId"
  | "quoteId"
  | "bookingId"
  | "checkoutUrl"
  | "ownHotelId"
  | "hotelVersion"
  | "ratesVersion"
  | "ownRoomTypeId"
  | "ownRatePlanId"
  | "roomId"
  | "inventoryVersion"
  | "periodId"
  | "feedId"
  | "webhookEndpointId"
  | "webhookVersion"
  | "salonId"
  | "salonServiceId"
  | "masterId"
  | "slotStartsAt"
  | "appointmentId"
  | "appointmentVersion";

export type Facts = Partial<Record<Fact, string | number>>;

/** One operation that a person can open and run: a step of the journey, or a recipe. */
export interface Step {
  /** The name of the operation in the document, unlike any other; GraphiQL shows it on the tab. */
  operation: string;
  title: string;
  document: string;
  variables: object;
  /** Where in {data, variables} of a finished request each fact stands. */
  learns?: Partial<Record<Fact, string>>;
  /** Where in the variables of this step facts go; a value may wrap a fact in text of its own. */
  fills?: Record<string, string>;
}

const PLACEHOLDER = /\{(\w+)\}/g;

export function asText(variables: object): string {
  return JSON.stringify(variables, null, 2);
}

/** The variables of a step with everything filled in that is known. */
export function filledVariables(step: Step, facts: Facts): object {
  const variables = structuredClone(step.variables);
  for (const [path, value] of fillsOf(step, facts)) put(variables, path, value);
  return variables;
}

/** What goes where in a step's variables, as far as it is known. A fact that stands alone keeps its type. */
export function fillsOf(step: Step, facts: Facts): [path: string, value: string | number][] {
  return Object.entries(step.fills ?? {}).flatMap(([path, pattern]): [string, string | number][] => {
    const needed = factsIn(pattern);
    if (needed.some((fact) => facts[fact] === undefined)) return [];
    const [only] = needed;
    const alone = only !== undefined && pattern === `{${only}}` ? facts[only] : undefined;
    return [[path, alone ?? pattern.replace(PLACEHOLDER, (_, fact: Fact) => String(facts[fact]))]];
  });
}

/** The facts without which a step cannot run: those that fill an empty value. */
export function missingFacts(step: Step, facts: Facts): Fact[] {
  const empty = Object.entries(step.fills ?? {}).filter(([path]) => valueAt(step.variables, path) === "");
  return empty.flatMap(([, pattern]) => factsIn(pattern)).filter((fact) => facts[fact] === undefined);
}

/** Writes a value into nested objects and lists; false when the way there does not exist. */
export function put(target: unknown, path: string, value: string | number): boolean {
  const names = path.split(".");
  const last = names.pop();
  const holder = names.length ? valueAt(target, names.join(".")) : target;
  if (last === undefined || typeof holder !== "object" || holder === null) return false;
  (holder as Record<string, unknown>)[last] = value;
  return true;
}

export function valueAt(from: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }, from);
}

function factsIn(pattern: string): Fact[] {
  return [...pattern.matchAll(PLACEHOLDER)].map((match) => match[1] as Fact);
}
