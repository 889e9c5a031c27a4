import { isRefusal } from "../gateway";
import type { Answer } from "../fetcher";
import { Store } from "../store";
import { type Fact, type Step, STEPS } from "./steps";

export interface Knowledge {
  facts: Partial<Record<Fact, string>>;
  /** The operations that went through. */
  done: string[];
}

export const NOTHING: Knowledge = { facts: {}, done: [] };

export const knowledge = new Store<Knowledge>(NOTHING, "innkeeper:journey");

/** Takes from an answer what later steps need; a refusal teaches nothing. */
export function learn(answer: Answer): void {
  const step = STEPS.find((each) => each.operation === answer.operation);
  if (!step || Object.values(answer.data).some((result) => result === null || isRefusal(result))) return;
  const { facts, done } = knowledge.get();
  const found: Partial<Record<Fact, string>> = {};
  for (const [fact, path] of Object.entries(step.learns ?? {})) {
    const value = valueAt(answer, path);
    if (typeof value === "string") found[fact as Fact] = value;
  }
  // A checkout page belongs to one booking.
  const kept = found.bookingId && found.bookingId !== facts.bookingId ? { ...facts, checkoutUrl: undefined } : facts;
  knowledge.set({
    facts: { ...(kept as Knowledge["facts"]), ...found },
    done: done.includes(step.operation) ? done : [...done, step.operation],
  });
}

/** What goes where in a step's variables, as far as it is known. */
export function fillsOf(step: Step, { facts }: Knowledge): [path: string, value: string][] {
  return Object.entries(step.fills ?? {}).flatMap(([path, pattern]): [string, string][] => {
    const value = pattern.replace(/\{(\w+)\}/g, (_, fact: Fact) => facts[fact] ?? "");
    const needed = [...pattern.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as Fact);
    return needed.every((fact) => facts[fact]) ? [[path, value]] : [];
  });
}

/** Writes a value into nested objects and lists; false when the way there does not exist. */
export function put(target: unknown, path: string, value: string): boolean {
  const names = path.split(".");
  const last = names.pop();
  const holder = names.length ? valueAt(target, names.join(".")) : target;
  if (last === undefined || typeof holder !== "object" || holder === null) return false;
  (holder as Record<string, unknown>)[last] = value;
  return true;
}

function valueAt(from: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((value, name) => {
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }, from);
}
